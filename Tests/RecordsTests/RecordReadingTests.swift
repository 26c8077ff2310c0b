import Records
import Testing

@Suite struct RecordReadingTests {
    struct Usage: Equatable {
        var feed: String
        var at: Int64
        var status: Int64?
        var scopes: [String] = []
    }

    static func read(_ text: String, line: Int = 1) throws(RecordError) -> Usage {
        try JSONScanner.scan(bytes: [UInt8](text.utf8), line: line) { (scanner) throws(RecordError) in
            var feed: String?
            var at: Int64?
            var usage = Usage(feed: "", at: 0)
            try scanner.beginObject()
            while let name = try scanner.nextMember() {
                switch name {
                case "feed":
                    feed = try scanner.readString(maximumBytes: 16)
                    guard feed != "bad" else {
                        throw scanner.error(.badValue, "there is no such feed")
                    }
                case "issued_at": at = try scanner.readTime()
                case "status": usage.status = try scanner.readNullIfPresent() ? nil : scanner.readInt64()
                case "scopes": usage.scopes = try scanner.readStrings()
                default: try scanner.skipUnknownMember(name, known: ["feed", "issued_at", "status", "scopes"])
                }
            }
            usage.feed = try scanner.require(feed, "feed")
            usage.at = try scanner.require(at, "issued_at")
            return usage
        }
    }

    @Test func `a record is read in any order of its members`() throws {
        let text = #" {"x_note":{"any":[1]}, "scopes":["a","b"],"issued_at":"1970-01-01T00:00:01Z","fe\u0065d":"g"} "#
        #expect(try Self.read(text) == Usage(feed: "g", at: 1000, status: nil, scopes: ["a", "b"]))
    }

    @Test(
        arguments: [
            (
                #"{"feed":"g","issued_at":"2026-02-30T08:00:00Z"}"#, RecordError.Code.badTime,
                #"line 3, column 25, member "issued_at": expected an RFC 3339 time such as 2026-05-01T08:00:00Z"#, nil
            ),
            (
                #"{"feed":"g","issuedat":"2026-02-03T08:00:00Z"}"#, .unknownMember,
                #"line 3, column 13, member "issuedat": there is no such member"#, #"did you mean "issued_at"?"#
            ),
            (
                #"{"colour":1}"#, .unknownMember, #"line 3, column 2, member "colour": there is no such member"#,
                "a member of your own has to begin with x_"
            ),
            (
                #"{"xnote":1}"#, .unknownMember, #"line 3, column 2, member "xnote": there is no such member"#,
                "a member of your own has to begin with x_"
            ),
            (
                #"{"feed":17}"#, .wrongType, #"line 3, column 9, member "feed": expected a string, found a number"#, nil
            ),
            (
                #"{"feed":null}"#, .wrongType, #"line 3, column 9, member "feed": expected a string, found null"#, nil
            ),
            (
                #"{"feed":"bad"}"#, .badValue, #"line 3, column 9, member "feed": there is no such feed"#, nil
            ),
            (
                #"{"feed":"12345678901234567"}"#, .tooLong,
                #"line 3, column 9, member "feed": the string is longer than 16 bytes"#, nil
            ),
            (
                #"{"status":1.0}"#, .wrongType,
                #"line 3, column 11, member "status": expected a whole number, without fraction and exponent"#, nil
            ),
            (
                #"{"status":"1"}"#, .wrongType,
                #"line 3, column 11, member "status": expected a whole number, found a string"#, nil
            ),
            (
                #"{"status":9223372036854775808}"#, .outOfRange,
                #"line 3, column 11, member "status": the number does not fit into 64 bits"#, nil
            ),
            (
                #"{"scopes":["a",true]}"#, .wrongType,
                #"line 3, column 16, member "scopes": expected a string, found true or false"#, nil
            ),
            (
                #"{"scopes":["a",]}"#, .syntax,
                #"line 3, column 15, member "scopes": a comma is not allowed before "]""#,
                nil
            ),
            (
                #"{"feed":"g" }"#, .missingMember, #"line 3, column 13, member "issued_at": the member is missing"#, nil
            ),
            (
                "[]", .wrongType, "line 3, column 1: expected an object, found an array", nil
            ),
            (
                #"{"feed":"g"} {"#, .missingMember, #"line 3, column 12, member "issued_at": the member is missing"#,
                nil
            ),
            (
                "{\"feed\":\"g", .truncated, #"line 3, column 11, member "feed": the input ends inside a string"#, nil
            ),
        ] as [(String, RecordError.Code, String, String?)]
    )
    func `a bad record is a sentence with its place`(
        text: String,
        code: RecordError.Code,
        description: String,
        hint: String?
    ) {
        let error = #expect(throws: RecordError.self) { try Self.read(text, line: 3) }
        #expect(error?.code == code)
        #expect(error?.description == description)
        #expect(error?.hint == hint)
    }

    @Test func `what a reader leaves unread is checked`() throws {
        func first(_ text: String) throws(RecordError) -> String? {
            try JSONScanner.scan(bytes: [UInt8](text.utf8)) { (scanner) throws(RecordError) in
                try scanner.beginObject()
                return try scanner.nextMember()?.string
            }
        }
        #expect(try first(#"{"a":[1,{"b":2}],"c":3}"#) == "a")
        #expect(throws: RecordError.self) { try first(#"{"a":[1,{"b":2}],"a":3}"#) }
        #expect(throws: RecordError.self) { try first(#"{"a":[1,{"b":2}]} x"#) }
    }

    @Test(arguments: [
        "", "a", "12345678", "123456789", "12345678901234567890123456789012", "123456789012345678901234567890123",
    ])
    func `a name equals its text and nothing near it`(text: String) throws {
        let bytes = [UInt8]("{\"\(text)\":1}".utf8)
        try JSONScanner.scan(bytes: bytes) { (scanner) throws(RecordError) in
            try scanner.beginObject()
            let name = try scanner.nextMember()
            #expect(name?.string == text)
            #expect(name.map { $0 == text } == true)
            #expect(name.map { $0 == text + "x" } == false)
            #expect(name.map { $0 == "12345678" as StaticString } == (text == "12345678"))
            #expect(name.map { $0 == "123456789" as StaticString } == (text == "123456789"))
            #expect(name.map { $0 == "123456789012345678901234567890123" as StaticString } == (text.utf8.count == 33))
            #expect(name.map { $0 == "12345678901234567890123456789012" as StaticString } == (text.utf8.count == 32))
            #expect(name.map { $0.hasPrefix("1234") } == (text.utf8.count >= 8))
        }
    }

    @Test func `no error and no description repeats a value`() {
        let secret = "zq7secretzq7"
        let texts = [
            #"{"feed":"\#(secret)\#(secret)"}"#, #"{"issued_at":"\#(secret)"}"#, #"{"status":"\#(secret)"}"#,
            #"{"feed":"\#(secret)"}"#, #"{"feed":"\#(secret)"#, #"{"feed":\#(secret)}"#, #"{"feed":"\#(secret)\x"}"#,
            #"{"feed":["\#(secret)"]}"#, #"{"scopes":["\#(secret)" "\#(secret)"]}"#, #"{"feed":"g"}\#(secret)"#,
            #"{"status":918273645546372819}9"#, #"{"status":91827364554637281999}"#, #"\#(secret)"#,
        ]
        for text in texts {
            let error = #expect(throws: RecordError.self) { try Self.read(text) }
            let shown = "\(String(describing: error)) \(String(reflecting: error))"
            #expect(!shown.contains("zq7"), "\(shown)")
            #expect(!shown.contains("91827"), "\(shown)")
        }
        let value = JSONValue.object(JSONObject(members: [("access_token", .array([.string(secret)]))]))
        var dumped = "\(value) \(String(reflecting: value)) \(String(reflecting: value.objectValue))"
        dump(value, to: &dumped)
        #expect(!dumped.contains("zq7"))
    }

    @Test(arguments: [#"\u001b[2J\u202e"#, String(repeating: "a", count: 100), "eyJhbGciOiJIUzI1NiJ9", "at-17"])
    func `a name that is no word, and may be a token or move a terminal's cursor, is not repeated`(name: String) {
        let error = #expect(throws: RecordError.self) { try Self.read(#"{"\#(name)":1}"#) }
        #expect(error?.code == .unknownMember && error?.member == nil)
    }
}

import GrantsTestSupport
import Records
import Testing

@Suite struct JSONScannerTests {
    /// A document, and the code, line and column of what is wrong with it.
    struct Bad: Sendable, CustomTestStringConvertible {
        var bytes: [UInt8]
        var code: RecordError.Code
        var line: Int
        var column: Int
        var member: String?

        init(_ text: String, _ code: RecordError.Code, _ column: Int, _ member: String? = nil, line: Int = 1) {
            self.init(bytes: [UInt8](text.utf8), code, column, member, line: line)
        }

        init(bytes: [UInt8], _ code: RecordError.Code, _ column: Int, _ member: String? = nil, line: Int = 1) {
            self.bytes = bytes
            self.code = code
            self.line = line
            self.column = column
            self.member = member
        }

        var testDescription: String { String(decoding: bytes.prefix(60), as: UTF8.self) }
    }

    static let bad: [Bad] = [
        Bad("", .truncated, 1), Bad("  \n ", .truncated, 2, line: 2), Bad("{", .truncated, 2), Bad("[1", .truncated, 3),
        Bad(#"{"a""#, .truncated, 5), Bad(#"{"a":"#, .truncated, 6, "a"), Bad(#"{"a":1"#, .truncated, 7),
        Bad(#""abc"#, .truncated, 5), Bad(#""abc\"#, .truncated, 6), Bad("-", .truncated, 2), Bad("tru", .truncated, 4),
        Bad("1.", .truncated, 3), Bad("1e", .truncated, 3),
        Bad("{}x", .syntax, 3), Bad("1 2", .syntax, 3), Bad("{}{}", .syntax, 3), Bad("nul1", .syntax, 4),
        Bad("NaN", .syntax, 1), Bad("Infinity", .syntax, 1), Bad("-Infinity", .syntax, 2), Bad("+1", .syntax, 1),
        Bad("01", .syntax, 1), Bad("-01", .syntax, 2), Bad("00", .syntax, 1), Bad(".5", .syntax, 1),
        Bad("1.e3", .syntax, 3), Bad("0x10", .syntax, 2), Bad("1e+", .truncated, 4), Bad("--1", .syntax, 2),
        Bad("[1,]", .syntax, 3), Bad("[,1]", .syntax, 2), Bad("[1,,2]", .syntax, 4), Bad("[1 2]", .syntax, 4),
        Bad(#"{"a":1,}"#, .syntax, 7), Bad(#"{,"a":1}"#, .syntax, 2), Bad(#"{"a" 1}"#, .syntax, 6),
        Bad(#"{"a":1 "b":2}"#, .syntax, 8), Bad("{a:1}", .syntax, 2), Bad("{'a':1}", .syntax, 2),
        Bad(#"{"a"}"#, .syntax, 5), Bad(#"{1:2}"#, .syntax, 2), Bad("[1}", .syntax, 3), Bad(#"{"a":1]"#, .syntax, 7),
        Bad("]", .syntax, 1), Bad("[1] // no", .syntax, 5), Bad("/* no */ 1", .syntax, 1), Bad("True", .syntax, 1),
        Bad("'a'", .syntax, 1), Bad("\"a\nb\"", .syntax, 3), Bad("\"a\u{1}\"", .syntax, 3),
        Bad("\"\u{0}\"", .syntax, 2),
        Bad("\"1234567\u{1f}\"", .syntax, 9), Bad("1\u{0}", .syntax, 2), Bad("\u{c}1", .syntax, 1),
        Bad("\u{a0}1", .syntax, 1),
        Bad(#""\x""#, .syntax, 2), Bad(#""\u12g4""#, .syntax, 2), Bad(#""\u12"#, .syntax, 2),
        Bad(#""a\ud800""#, .syntax, 3), Bad(#""\ud800\u0041""#, .syntax, 2), Bad(#""\udc00""#, .syntax, 2),
        Bad(#""\udc00\udc00""#, .syntax, 2),
        Bad(#""\ud800\ud800""#, .syntax, 2), Bad(#""\ud800x""#, .syntax, 2),
        Bad("\u{FEFF}{}", .byteOrderMark, 1), Bad(bytes: [0xFF, 0xFE, 0x7B, 0x00], .notUTF8, 1),
        Bad(bytes: [0x22, 0x80, 0x22], .notUTF8, 2), Bad(bytes: [0x22, 0xC0, 0xAF, 0x22], .notUTF8, 2),
        Bad(bytes: [0x22, 0xC1, 0xBF, 0x22], .notUTF8, 2), Bad(bytes: [0x22, 0xE0, 0x80, 0x80, 0x22], .notUTF8, 2),
        Bad(bytes: [0x22, 0xED, 0xA0, 0x80, 0x22], .notUTF8, 2),
        Bad(bytes: [0x22, 0x61, 0xE2, 0x82, 0x22], .notUTF8, 3),
        Bad(bytes: [0x22, 0xF0, 0x80, 0x80, 0x80, 0x22], .notUTF8, 2),
        Bad(bytes: [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], .notUTF8, 2),
        Bad(bytes: [0x22, 0xF5, 0x80, 0x80, 0x80, 0x22], .notUTF8, 2), Bad(bytes: [0x22, 0xFF, 0x22], .notUTF8, 2),
        Bad(bytes: [0x22, 0xC3], .notUTF8, 2), Bad(bytes: [0x5B, 0x80, 0x5D], .notUTF8, 2),
        Bad(#"{"a":1,"a":1}"#, .duplicateMember, 8, "a"), Bad(#"{"a":1,"\u0061":1}"#, .duplicateMember, 8, "a"),
        Bad(#"{"\u0061":1,"a":1}"#, .duplicateMember, 13, "a"), Bad(#"{"":1,"":1}"#, .duplicateMember, 7, ""),
        Bad(#"{"a":{"b":[{"c":1,"c":2}]}}"#, .duplicateMember, 19, "c"),
        Bad(#"{"123456789":1,"123456789":1}"#, .duplicateMember, 16, "123456789"),
        Bad(#"{"a":{"x":1},"b":{"x":1},"a":1}"#, .duplicateMember, 26, "a"),
        Bad("{\"a\": 1,\n \"a\": 2}", .duplicateMember, 2, "a", line: 2),
        Bad("{\n\n  \"a\": [1,\n     2,]}", .syntax, 7, "a", line: 4),
        Bad("1e999", .outOfRange, 1), Bad("-1e999", .outOfRange, 1),
        Bad(String(repeating: "[", count: 33), .tooDeep, 33),
        Bad(String(repeating: "{\"a\":", count: 33), .tooDeep, 161, "a"),
    ]

    @Test(arguments: bad)
    func `a bad document is refused at its place`(document: Bad) {
        let error = #expect(throws: RecordError.self) { try JSONValue(parsing: document.bytes) }
        #expect(error?.code == document.code)
        #expect(error?.line == document.line)
        #expect(error?.column == document.column)
        if let member = document.member {
            #expect(error?.member == member)
        }
    }

    // How large a number is matters only to who reads it.
    @Test(arguments: bad.filter { $0.code != .outOfRange })
    func `what is skipped is checked like what is read`(document: Bad) {
        let error = #expect(throws: RecordError.self) {
            try JSONScanner.scan(bytes: document.bytes) { (scanner) throws(RecordError) in try scanner.skipValue() }
        }
        #expect(error?.code == document.code)
        #expect(error?.line == document.line)
        #expect(error?.column == document.column)
    }

    static let good: [(String, JSONValue)] = [
        ("null", .null), (" true ", .bool(true)), ("\tfalse\r\n", .bool(false)), ("0", .int(0)), ("-0", .int(0)),
        ("9223372036854775807", .int(.max)), ("-9223372036854775808", .int(.min)),
        ("9223372036854775808", .double(9_223_372_036_854_775_808)), ("1.5", .double(1.5)), ("1e2", .double(100)),
        ("-2.5E-3", .double(-0.0025)), ("0.0", .double(0)), ("[]", .array([])), ("{}", .object(JSONObject())),
        ("[ 1 , [ ] , { } ]", .array([.int(1), .array([]), .object(JSONObject())])),
        (#""""#, .string("")), (#""a\"\\\/\b\f\n\r\t\u0041""#, .string("a\"\\/\u{8}\u{c}\n\r\tA")),
        (#""\ud83d\ude00 \uD83D\uDE00""#, .string("😀 😀")), (#""äöü€😀""#, .string("äöü€😀")),
        (#""\u0000""#, .string("\u{0}")), ("\"a\u{FEFF}\u{7F}\u{10FFFF}\"", .string("a\u{FEFF}\u{7F}\u{10FFFF}")),
        (#""12345678""#, .string("12345678")), (#""1234567\n890123456""#, .string("1234567\n890123456")),
        (#""é""#, .string("é")),
    ]

    @Test(arguments: good)
    func `a good document is read`(text: String, value: JSONValue) throws {
        let read = try JSONValue(parsing: text.utf8)
        #expect(read == value)
        try JSONScanner.scan(bytes: [UInt8](text.utf8)) { (scanner) throws(RecordError) in try scanner.skipValue() }
    }

    @Test func `thirty-two levels are read`() throws {
        let text = String(repeating: "[", count: 32) + String(repeating: "]", count: 32)
        _ = try JSONValue(parsing: text.utf8)
    }

    @Test func `names that only Unicode normalisation makes equal are two`() throws {
        let object = try JSONObject(parsing: "{\"\u{e9}\":1,\"e\u{301}\":2}".utf8)
        #expect(object["\u{e9}"] == .int(1))
        #expect(object["e\u{301}"] == .int(2))
    }

    @Test(arguments: [2, 31, 32, 33, 34, 5_000])
    func `a duplicate is found among many members`(count: Int) throws {
        let members = (0..<count).map { "\"member_\($0)\":{\"x\":0}" }
        let fine = "{" + members.joined(separator: ",") + "}"
        #expect(try JSONObject(parsing: fine.utf8).members.count == count)
        for repeated in [0, count / 2, count - 1] {
            let bad = "{" + (members + ["\"member_\(repeated)\":1"]).joined(separator: ",") + "}"
            let error = #expect(throws: RecordError.self) { try JSONValue(parsing: bad.utf8) }
            #expect(error?.code == .duplicateMember)
            #expect(error?.member == "member_\(repeated)")
        }
    }

    @Test func `objects beside each other may have the same members`() throws {
        for count in [1, 40] {
            let object =
                "{" + (0..<count).map { "\"\\u0061_\($0)\":{\"\\u0061_\($0)\":0}" }.joined(separator: ",") + "}"
            let read = try JSONValue(parsing: "[\(object),\(object)]".utf8)
            #expect(read.arrayValue?.map { $0.objectValue?.members.count } == [count, count])
        }
    }

    @Test func `every truncation of a document is refused`() throws {
        let text = #"{"a":[1,-2.5e3,{"b":"x\u00e9\n€"}],"c":{"d":null,"e":[true,false]},"f":"12345678901234567890"}"#
        let bytes = [UInt8](text.utf8)
        _ = try JSONValue(parsing: bytes)
        for length in 0..<bytes.count {
            #expect(throws: RecordError.self) { try JSONValue(parsing: bytes[..<length]) }
        }
    }

    @Test func `no change of bytes makes the scanner trap`() {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("JSONScannerTests seed \(seed)")
        var random = SplitMix64(seed: seed)
        let text = #"{"a":[1,-2.5e3,{"b":"x\u00e9\ud83d\ude00€"}],"c":{"d":null,"e":[true]},"f":"12345678"}"#
        let letters = [UInt8](#"{}[]:,"\u0123eE+-.tfn "#.utf8) + [0x00, 0x80, 0xC3, 0xED, 0xF0, 0xFF]
        for _ in 0..<20_000 {
            var bytes = [UInt8](text.utf8)
            for _ in 0...Int.random(in: 0..<3, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[index] = letters.randomElement(using: &random) ?? 0
                case 1: bytes.insert(letters.randomElement(using: &random) ?? 0, at: index)
                default: bytes.removeSubrange(index..<min(bytes.count, index + 3))
                }
            }
            let read = try? JSONValue(parsing: bytes)
            let skipped: Void? = try? JSONScanner.scan(bytes: bytes) { (scanner) throws(RecordError) in
                try scanner.skipValue()
            }
            // Both must agree, but for a number that is too large for who reads it.
            #expect(read == nil || skipped != nil, "seed \(seed)")
        }
    }
}

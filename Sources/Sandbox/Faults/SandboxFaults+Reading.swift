import Grants
package import Records

extension SandboxFaults {
    /// The members of a fault document.
    static let memberNames: MemberSet = [
        "latency_ms", "hang", "drip_ms_per_byte", "status", "retry_after", "retry_after_form", "html",
        "truncated_json", "bom", "too_large", "date_skew_seconds", "endpoints", "percent", "active_as",
        "duplicate_member",
        "inactive", "foreign_revocation", "revocation",
    ]

    /// Reads a fault document; every member may be left out, none may be unknown.
    package init(json: [UInt8]) throws(RecordError) {
        self = try JSONScanner.scan(bytes: json) { (scanner) throws(RecordError) in
            var faults = SandboxFaults()
            try scanner.beginObject()
            while let name = try scanner.nextMember() {
                try faults.read(name, from: &scanner)
            }
            return faults
        }
    }

    private mutating func read(_ name: MemberName, from scanner: inout JSONScanner) throws(RecordError) {
        switch name {
        case "latency_ms": latency = .milliseconds(try scanner.readInt64(in: 0...600_000))
        case "hang": hangs = try scanner.readBool()
        case "drip_ms_per_byte": dripPerByte = .milliseconds(try scanner.readInt64(in: 0...60_000))
        case "status": status = Int(try scanner.readInt64(in: 200...599))
        case "retry_after": retryAfter = try scanner.readFieldValue()
        case "retry_after_form": retryAfterForm = try scanner.readWord(of: RetryAfterForm.self)
        case "html": html = try scanner.readBool()
        case "truncated_json": truncatedJSON = try scanner.readBool()
        case "bom": byteOrderMark = try scanner.readBool()
        case "too_large": tooLarge = try scanner.readBool()
        case "date_skew_seconds": dateSkew = .seconds(try scanner.readInt64(in: -315_360_000...315_360_000))
        case "endpoints": endpoints = try Self.readEndpoints(&scanner)
        case "percent": percent = try scanner.readInt64(in: 0...100)
        case "active_as": activeAs = try scanner.readWord(of: ActiveForm.self)
        case "duplicate_member": duplicateMember = try scanner.readBool()
        case "inactive": inactive = try Self.readInactivity(&scanner)
        case "foreign_revocation": foreignRevocation = try scanner.readWord(of: ForeignRevocation.self)
        case "revocation": revocation = try scanner.readWord(of: RevocationFault.self)
        default: try scanner.skipUnknownMember(name, known: Self.memberNames)
        }
    }

    private static func readEndpoints(_ scanner: inout JSONScanner) throws(RecordError) -> Set<
        SandboxEndpoint
    > {
        var endpoints: Set<SandboxEndpoint> = []
        try scanner.beginArray()
        while try scanner.nextElement() {
            endpoints.insert(try scanner.readWord(of: SandboxEndpoint.self))
        }
        return endpoints
    }

    private static func readInactivity(_ scanner: inout JSONScanner) throws(RecordError) -> Inactivity {
        guard try scanner.peekKind() == .object else {
            let words = ["all", "all_but_own_client", "refresh_tokens"]
            return switch try scanner.readWord(of: words) {
            case "all": .all
            case "all_but_own_client": .allButOwnClient
            default: .refreshTokens
            }
        }
        var inactivity: Inactivity?
        try scanner.beginObject()
        while let name = try scanner.nextMember() {
            guard inactivity == nil else {
                throw scanner.error(.badValue, "give from_answer or at_random_percent, not both")
            }
            switch name {
            case "from_answer": inactivity = .fromAnswer(try scanner.readInt64(in: 1...Int64.max))
            case "at_random_percent": inactivity = .atRandom(percent: try scanner.readInt64(in: 0...100))
            default:
                try scanner.skipUnknownMember(name, known: ["from_answer", "at_random_percent"])
            }
        }
        return try scanner.require(inactivity, "from_answer")
    }
}

extension JSONScanner {
    /// A whole number within a range.
    fileprivate mutating func readInt64(in range: ClosedRange<Int64>) throws(RecordError) -> Int64 {
        let value = try readInt64()
        guard range.contains(value) else {
            throw error(
                .outOfRange,
                "the number has to lie between \(range.lowerBound) and \(range.upperBound)"
            )
        }
        return value
    }

    /// A value that a header field may have (RFC 9110 §5.5).
    fileprivate mutating func readFieldValue() throws(RecordError) -> String {
        let text = try readString(maximumBytes: 256)
        guard text.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) else {
            throw error(.badValue, "expected printable ASCII, as header fields have it")
        }
        return text
    }

    /// One of a type's words.
    mutating func readWord<Word>(of type: Word.Type) throws(RecordError) -> Word
    where Word: CaseIterable & RawRepresentable<String> {
        let text = try readWord(of: Word.allCases.map(\.rawValue))
        guard let word = Word(rawValue: text) else {
            preconditionFailure("a word of the list has a case")
        }
        return word
    }

    /// One of the words.
    fileprivate mutating func readWord(of words: [String]) throws(RecordError) -> String {
        let text = try readString()
        guard words.contains(text) else {
            let nearest = nearestWord(to: text, in: words)
            throw error(
                .badValue,
                "expected one of \(words.joined(separator: ", "))",
                hint: nearest.map { "did you mean \"\($0)\"?" }
            )
        }
        return text
    }
}

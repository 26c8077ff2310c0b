package import Records

extension HighWaterMark {
    private static let required: Set = ["format", "store", "machine", "seq", "hash", "checkpoint", "at"]

    /// One JSON object and a line end, by whose absence a cut-off file is known.
    package var json: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("format", 1)
        writer.member("store", store)
        writer.member("machine", machine)
        writer.member("seq", head.seq)
        writer.member("hash", Self.hex(head.hash))
        writer.member("checkpoint", Int64(checkpoint))
        writer.member("at", time: at.milliseconds)
        if let finding { writer.member("finding", finding) }
        writer.endObject()
        return writer.bytes + [0x0A]
    }

    /// Reads what ``json`` writes and nothing else: a file that is damaged must not pass for a mark.
    package init(json bytes: [UInt8]) throws(RecordError) {
        guard let last = bytes.last else { throw RecordError(.truncated, message: "the file is empty") }
        guard last == 0x0A else { throw RecordError(.truncated, message: "the file ends before its end") }
        let object = try JSONObject(parsing: bytes.dropLast())
        for name in object.names where !Self.required.contains(name) && name != "finding" {
            throw RecordError(.unknownMember, member: name, message: "the file has a member that it should not have")
        }
        func wrong(_ member: String) -> RecordError {
            RecordError(.badValue, member: member, message: "the file has no such member, or a wrong one")
        }
        guard object["format"]?.int64Value == 1 else { throw wrong("format") }
        guard let store = object["store"]?.stringValue, !store.isEmpty else { throw wrong("store") }
        guard let machine = object["machine"]?.stringValue else { throw wrong("machine") }
        guard let seq = object["seq"]?.int64Value, seq >= 0 else { throw wrong("seq") }
        guard let hash = object["hash"]?.stringValue.flatMap(Self.bytes(hex:)), hash.count == 32,
            seq > 0 || hash.allSatisfy({ $0 == 0 })
        else { throw wrong("hash") }
        guard let number = object["checkpoint"]?.int64Value, let checkpoint = UInt32(exactly: number)
        else { throw wrong("checkpoint") }
        guard let at = object["at"]?.stringValue.flatMap({ RFC3339.parse($0) }) else { throw wrong("at") }
        self.init(
            store: store,
            machine: machine,
            head: JournalPlace(seq: seq, hash: hash),
            checkpoint: checkpoint,
            at: Timestamp(milliseconds: at)
        )
        if let finding = object["finding"] {
            guard let text = finding.stringValue, !text.isEmpty else { throw wrong("finding") }
            self.finding = text
        }
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.reduce(into: "") { $0 += ($1 < 16 ? "0" : "") + String($1, radix: 16) }
    }

    private static func bytes(hex text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = value(digits[index]), let low = value(digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}

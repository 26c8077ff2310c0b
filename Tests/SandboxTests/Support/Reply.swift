import Records
import Testing

/// A response, taken apart.
struct Reply {
    var status: Int
    /// By name in lower case.
    var fields: [String: String]
    var body: [UInt8]

    /// nil unless the bytes are one whole message.
    init?(_ bytes: [UInt8]) {
        guard let end = bytes.indices.first(where: { bytes[$0...].starts(with: "\r\n\r\n".utf8) }) else {
            return nil
        }
        let lines = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\r\n")
        guard let status = lines[0].split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            return nil
        }
        self.status = status
        fields = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ": ", maxSplits: 1, omittingEmptySubsequences: false)
            fields[parts[0].lowercased()] = String(parts[1])
        }
        body = Array(bytes[(end + 4)...])
        guard body.count == fields["content-length"].flatMap({ Int($0) }) else { return nil }
    }

    var text: String { String(decoding: body, as: UTF8.self) }

    var json: JSONObject {
        get throws { try JSONObject(parsing: body) }
    }

    /// `active`, read as strictly as RFC 7662 §2.2 has it.
    var active: Bool? {
        get throws { try json["active"]?.boolValue }
    }

    var error: String? {
        get throws { try json["error"]?.stringValue }
    }

    /// One object a line.
    var lines: [JSONObject] {
        get throws {
            try body.split(separator: UInt8(ascii: "\n")).map { try JSONObject(parsing: $0) }
        }
    }
}

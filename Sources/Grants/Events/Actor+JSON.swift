internal import Records

extension Actor {
    /// `{"kind":…,"user":…,"sudo_user":…,"host":…}`, absent members left out.
    package var json: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writeMembers(to: &writer)
        writer.endObject()
        return writer.bytes
    }

    /// nil unless the bytes are what ``json`` writes.
    package init?(json: [UInt8]) {
        guard let object = try? JSONObject(parsing: json),
            let kind = object["kind"]?.stringValue.flatMap(Kind.init)
        else { return nil }
        self.init(
            kind: kind,
            user: object["user"]?.stringValue,
            sudoUser: object["sudo_user"]?.stringValue,
            host: object["host"]?.stringValue
        )
    }

    func writeMembers(to writer: inout JSONWriter) {
        writer.member("kind", kind.rawValue)
        if let user { writer.member("user", user) }
        if let sudoUser { writer.member("sudo_user", sudoUser) }
        if let host { writer.member("host", host) }
    }

    /// As a person reads it: `alice (sudo) on host-1`.
    package var words: String {
        var text = sudoUser.map { "\($0) (sudo)" } ?? user ?? kind.rawValue
        if let host { text += " on \(host)" }
        return text
    }
}

package import Records

// The form that people type: `--fault latency_ms=200 --fault inactive=from_answer:5`.
extension SandboxFaults {
    /// Reads one `NAME=VALUE`; see ``init(switches:)``.
    package init(switch text: String) throws(RecordError) {
        try self.init(switches: [text])
    }

    /// Reads several `NAME=VALUE`, each name once, with the names and words of a fault document.
    ///
    /// A bare `NAME` is `NAME=true`. `endpoints` takes words with commas between, and `inactive` also
    /// `from_answer:N` and `at_random_percent:N`.
    package init(switches: [String]) throws(RecordError) {
        var members: [(name: String, value: JSONValue)] = []
        for text in switches {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            guard Self.memberNames.names.contains(name) else {
                throw Self.unknown(name)
            }
            guard !members.contains(where: { $0.name == name }) else {
                throw RecordError(.duplicateMember, member: name, message: "the fault is given twice")
            }
            members.append((name, parts.count == 1 ? .bool(true) : Self.value(of: name, String(parts[1]))))
        }
        var writer = JSONWriter()
        writer.value(.object(JSONObject(members: members)))
        do {
            try self.init(json: writer.bytes)
        } catch {
            // Line and column are those of a document that nobody wrote.
            throw RecordError(error.code, member: error.member, message: error.message, hint: error.hint)
        }
    }

    private static func value(of name: String, _ text: String) -> JSONValue {
        switch name {
        case "endpoints":
            return .array(text.split(separator: ",").map { .string(String($0)) })
        case "inactive":
            let parts = text.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { return .string(text) }
            return .object(JSONObject(members: [(String(parts[0]), plainValue(String(parts[1])))]))
        case "retry_after", "revocation":
            return .string(text)
        default:
            return plainValue(text)
        }
    }

    private static func plainValue(_ text: String) -> JSONValue {
        switch text {
        case "true": .bool(true)
        case "false": .bool(false)
        default: Int64(text).map { .int($0) } ?? .string(text)
        }
    }

    private static func unknown(_ name: String) -> RecordError {
        let known = memberNames.names
        let hint = nearestWord(to: name, in: known).map { "did you mean \"\($0)\"?" }
        return RecordError(
            .unknownMember,
            member: name,
            message: "there is no such fault",
            hint: hint ?? "the faults are \(known.joined(separator: ", "))"
        )
    }
}

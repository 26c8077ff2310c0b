import Records
import Testing

/// How one command line ended.
struct Outcome {
    var status: Int32
    var output: String
    var errors: String

    /// The one document that `--json` prints.
    var json: JSONObject {
        get throws { try JSONObject(parsing: Array(output.utf8)) }
    }

    /// One object a line.
    var lines: [JSONObject] {
        get throws { try output.split(separator: "\n").map { try JSONObject(parsing: Array($0.utf8)) } }
    }

    /// The status, and `{"error":{…}}` with this code alone on standard error.
    func expectError(_ status: Int32, _ code: String, at location: SourceLocation = #_sourceLocation) throws {
        #expect(self.status == status, "\(errors)\(output)", sourceLocation: location)
        let object = try JSONObject(parsing: Array(errors.utf8))
        #expect(object.text("error.code") == code, "\(errors)", sourceLocation: location)
        #expect(object.text("error.message")?.isEmpty == false, sourceLocation: location)
        #expect(output.isEmpty, sourceLocation: location)
    }
}

extension JSONObject {
    /// The value at a path of names, such as `counts.end`.
    func at(_ path: String) -> JSONValue? {
        var value: JSONValue? = .object(self)
        for name in path.split(separator: ".") {
            value = value?.objectValue?[String(name)]
        }
        return value
    }

    func int(_ path: String) -> Int? { at(path)?.int64Value.map { Int($0) } }
    func text(_ path: String) -> String? { at(path)?.stringValue }
    func bool(_ path: String) -> Bool? { at(path)?.boolValue }
    func objects(_ path: String) -> [JSONObject] { (at(path)?.arrayValue ?? []).compactMap(\.objectValue) }
    func texts(_ path: String) -> [String] { (at(path)?.arrayValue ?? []).compactMap(\.stringValue) }

    /// Names and numbers, such as those of `unknown`.
    func numbers(_ path: String) -> [String: Int] {
        let members = at(path)?.objectValue?.members ?? []
        return members.reduce(into: [:]) { $0[$1.name] = $1.value.int64Value.map { Int($0) } }
    }
}

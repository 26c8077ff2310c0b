internal import Grants
package import Records

/// Recomputes what a plan's header says of its lines: a person decides by what they read there.
package struct PlanFileCheck {
    private var digest: PlanDigest
    private var actions: [String: Int64] = [:]
    private let header: JSONObject

    package init(header: JSONObject) {
        self.header = header
        digest = PlanDigest(Array((header["policy_hash"]?.stringValue ?? "").utf8))
    }

    /// Takes the next line, which is without its end.
    ///
    /// Throws where it is no JSON object.
    package mutating func take(_ line: [UInt8]) throws {
        let object = try JSONObject(parsing: line)
        guard let row = PlanRow.hashed(object), let action = object["action"]?.stringValue else { return }
        digest.add(row)
        actions[action, default: 0] += 1
    }

    /// Whether the lines that were taken have the header's plan hash and its counts of what is to be done.
    package var agrees: Bool {
        let counts = header["counts"]?.objectValue
        return digest.hex == header["plan_hash"]?.stringValue
            && ["notice", "reprieve", "quarantine", "restore", "end"].allSatisfy {
                counts?[$0]?.int64Value == actions[$0, default: 0]
            }
    }
}

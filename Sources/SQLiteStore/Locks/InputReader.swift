internal import GRDB

/// Who reads an input of a usage log: whether that process still does.
struct InputReader {
    /// So long a process of another pid namespace, which cannot be seen from here, counts as reading after its last word.
    static let lease: Int64 = 3_600_000

    enum State {
        case reads
        /// It cannot be seen from here, and spoke within the hour.
        case mayRead
        case isGone
    }

    let identity: ProcessIdentity

    /// `row`: of `usage_inputs`.
    func state(_ row: Row) -> State {
        // It was read to its last line, which had no newline.
        guard row["unfinished_line"] as Int? == nil else { return .isGone }
        let boot: String = row["boot"]
        guard boot == identity.boot || boot.isEmpty || identity.boot.isEmpty else { return .isGone }
        guard row["pid_namespace"] == identity.namespace else {
            return row["lease_until"] > identity.bootMilliseconds() ? .mayRead : .isGone
        }
        return ProcessIdentity.start(of: row["pid"]) == row["process_start"] as String ? .reads : .isGone
    }
}

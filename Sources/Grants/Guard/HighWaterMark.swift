/// How far a store had come: what an older copy of it cannot show.
///
/// Kept in a file outside the database's directory, so that a restored database does not bring it along.
package struct HighWaterMark: Hashable, Sendable {
    /// The store's own random name.
    package var store: String
    /// The machine that wrote it; empty: the machine has no id.
    package var machine: String
    package var head: JournalPlace
    /// `user_version` as it stands in the main file itself, whatever the WAL says.
    package var checkpoint: UInt32
    package var at: Timestamp
    /// What the guard found when it froze the store: it stands until a person thaws, whatever is restored meanwhile.
    package var finding: String?

    package init(store: String, machine: String, head: JournalPlace, checkpoint: UInt32, at: Timestamp) {
        self.store = store
        self.machine = machine
        self.head = head
        self.checkpoint = checkpoint
        self.at = at
    }

    /// What the file that should hold a mark was found to be.
    package enum Reading: Hashable, Sendable {
        case missing
        case mark(HighWaterMark)
        /// It is there and says nothing that can be trusted: why.
        case unusable(String)

        package var mark: HighWaterMark? {
            if case .mark(let mark) = self { mark } else { nil }
        }
    }
}

/// One entry of the journal: its place and its hash.
package struct JournalPlace: Hashable, Sendable {
    /// 0: before the first entry.
    package var seq: Int64
    /// 32 bytes; all zero before the first entry.
    package var hash: [UInt8]

    package init(seq: Int64, hash: [UInt8]) {
        self.seq = seq
        self.hash = hash
    }
}

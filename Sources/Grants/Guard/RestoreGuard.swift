/// Tells a store that was put back from a copy from one that went on where it stopped.
package enum RestoreGuard {
    /// The store's setting that stands while the guard's freeze does: what was found.
    package static let freezeSetting = "restore_guard"
    /// The store's setting with its own random name.
    package static let storeSetting = "store_id"
    /// How every reason of a guard's freeze begins.
    package static let reasonPrefix = "restored: "

    /// A clock is set back by so much without a restore: by NTP, or at a boot before NTP.
    package static let clockTolerance = Duration.minutes(5)
    /// Longer without a mark, and what the store knows is too old to end anything by.
    package static let longestSilence = Duration.days(7)

    /// What a store says of itself.
    package struct State: Hashable, Sendable {
        /// nil: of a version without the guard.
        package var store: String?
        package var hasRuns: Bool
        package var head: JournalPlace
        /// The hash at the mark's place in the journal; nil: there is no entry.
        package var hashAtMark: [UInt8]?
        /// The number in the main file itself; nil: there is no such file, or it is too short to have one.
        package var checkpoint: UInt32?
        /// What the guard froze it for; nil: the guard has not.
        package var finding: String?

        package init(store: String?, hasRuns: Bool, head: JournalPlace) {
            self.store = store
            self.hasRuns = hasRuns
            self.head = head
        }
    }

    /// Why the store may be a restored one.
    package enum Finding: Hashable, Sendable {
        case fileMissing
        case fileUnusable(String)
        case foundBefore(String)
        case otherStore
        case otherMachine
        case entryMissing(Int64)
        case otherEntry(Int64)
        case olderFile(UInt32, expected: UInt32)
        case clockBehind(Timestamp)
        case longSilence(Timestamp)
    }

    /// Everything that speaks against the store; empty: it is the one that wrote the mark, and went on since.
    ///
    /// `mark` must have been read before `store` was: both only move forward.
    package static func judge(
        mark reading: HighWaterMark.Reading,
        store: State,
        machine: String,
        now: Timestamp
    ) -> [Finding] {
        let mark: HighWaterMark
        switch reading {
        case .missing: return store.hasRuns ? [.fileMissing] : []
        case .unusable(let why): return [.fileUnusable(why)]
        case .mark(let found): mark = found
        }
        var findings: [Finding] = []
        if let finding = mark.finding { findings.append(.foundBefore(finding)) }
        if store.store != mark.store { findings.append(.otherStore) }
        if machine != mark.machine { findings.append(.otherMachine) }
        if let hash = store.hashAtMark {
            if hash != mark.head.hash { findings.append(.otherEntry(mark.head.seq)) }
        } else {
            findings.append(.entryMissing(mark.head.seq))
        }
        let checkpoint = store.checkpoint ?? 0
        if checkpoint < mark.checkpoint { findings.append(.olderFile(checkpoint, expected: mark.checkpoint)) }
        if now + clockTolerance < mark.at { findings.append(.clockBehind(mark.at)) }
        if now - mark.at > longestSilence { findings.append(.longSilence(mark.at)) }
        return findings
    }

    /// The findings as one sentence, without names of stores and machines: it leaves in events.
    package static func words(_ findings: [Finding]) -> String {
        findings.map(\.description).joined(separator: "; ")
    }
}

extension RestoreGuard.Finding: CustomStringConvertible {
    package var description: String {
        switch self {
        case .fileMissing: "the guard file is missing though the store has had a run"
        case .fileUnusable(let why): "the guard file cannot be used: \(why)"
        case .foundBefore(let finding): "nobody has thawed what was found before (\(finding))"
        case .otherStore: "the guard file is another store's"
        case .otherMachine: "the guard file was written on another machine"
        case .entryMissing(let seq): "the journal lacks entry \(seq), which the guard file knows"
        case .otherEntry(let seq): "entry \(seq) of the journal is not the one that the guard file knows"
        case .olderFile(let number, let expected):
            "the database file is older than the guard file (checkpoint \(number), not \(expected) or later), "
                + "and a WAL beside it would be another file's"
        case .clockBehind(let at): "the clock is behind the guard file, which was written at \(at)"
        case .longSilence(let at): "the guard file was written more than 7 days ago, at \(at)"
        }
    }
}

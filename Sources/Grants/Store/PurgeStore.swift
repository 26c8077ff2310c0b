/// What is asked of a snapshot about what has left the store or may leave it.
package protocol PurgeReading: AnyObject {
    /// Where the journal's links begin; nil: nothing has left it.
    func journalAnchor() throws -> JournalAnchor?
    /// The hash at a place of the journal, which an anchor answers for the entry that it stands for.
    ///
    /// 32 zero bytes for place 0; nil where there is no such entry, or none any more.
    func journalHash(at seq: Int64) throws -> [UInt8]?
    /// When a grant that was purged had ended; nil: none of this key was purged, or it has been recorded anew.
    func purgedEnd(of key: Grant.Key) throws -> Timestamp?
    /// Grants that ended before `instant`, the oldest end first, from a mark on; each with what keeps it at `now`.
    func endedGrants(
        before instant: Timestamp,
        at now: Timestamp,
        after mark: EndedGrant.Mark?,
        limit: Int
    ) throws -> [EndedGrant]
    /// Runs that ended before `instant` and that nothing waits for, by number, from one on.
    func spentRuns(before instant: Timestamp, after id: Int64, limit: Int) throws -> [RunRecord]
    /// How many runs ended before `instant` and stay, because something that waits refers to them.
    func awaitedRuns(before instant: Timestamp) throws -> Int
    /// References to subjects that neither a grant nor the journal names, from one on.
    func unnamedSubjects(after reference: Int64, limit: Int) throws -> [Int64]
}

/// What leaves the store in a transaction; each call refuses what may not leave.
package protocol PurgeWriting: PurgeReading {
    /// The ended grant as it is now; nil where it has not ended before `instant`.
    func endedGrant(row: Int64, before instant: Timestamp, at now: Timestamp) throws -> EndedGrant?
    /// Removes an ended grant with its tokens, and a family that nobody is in any more; what stays is when it ended.
    func purge(_ stored: StoredGrant) throws
    /// Removes the journal up to and with an entry, which the anchor then stands for.
    @discardableResult
    func purgeJournal(through seq: Int64, archive: String) throws -> JournalAnchor
    /// Removes counted ends of before `instant`, at most `limit` rows; returns how many.
    func purgeEnds(before instant: Timestamp, limit: Int) throws -> Int
    /// Removes a run; false: something waits for it now.
    func purgeRun(_ id: Int64, before instant: Timestamp) throws -> Bool
    /// Removes a subject that ``unnamedSubjects(after:limit:)`` found when the journal ended at `seq`; false: it is
    /// named again.
    func purgeSubject(_ reference: Int64, unnamedAt seq: Int64) throws -> Bool
}

/// The last entry that has left the journal: its links begin after it.
package struct JournalAnchor: Hashable, Sendable {
    package var seq: Int64
    package var hash: [UInt8]
    /// The name of the archive that holds the entry.
    package var archive: String

    package init(seq: Int64, hash: [UInt8], archive: String) {
        self.seq = seq
        self.hash = hash
        self.archive = archive
    }
}

/// A grant that has ended, and whether it may leave.
package struct EndedGrant: Hashable, Sendable {
    /// Why an ended grant stays though its time is over.
    ///
    /// The raw values are stable: reports and scripts rely on them.
    package enum Keeper: String, CaseIterable, Sendable {
        /// Another member of its family has not ended, and this one's use is that one's.
        case family
        /// It was used since, although it has ended.
        case used
        /// An access token of it may still be usable.
        case residual
        /// A person's exemption is in force.
        case exempt
        /// A verdict or an order to revoke waits.
        case waiting
        /// The newest row: its number must not be given again.
        case newest
    }

    /// A place in the order of ``PurgeReading/endedGrants(before:at:after:limit:)``.
    package struct Mark: Hashable, Sendable {
        package var endedAt: Timestamp
        package var row: Int64
    }

    package var stored: StoredGrant
    package var keptBy: Keeper?

    package init(_ stored: StoredGrant, keptBy: Keeper?) {
        self.stored = stored
        self.keptBy = keptBy
    }

    package var mark: Mark { Mark(endedAt: stored.endedAt ?? .distantPast, row: stored.row) }
}

/// A grant with what only the store knows of it.
package struct StoredGrant: Hashable, Sendable {
    package var grant: Grant
    /// The store's number of the row.
    package let row: Int64
    /// The standing as it was read: a change from another one is refused.
    package let readStanding: Standing
    /// Whether its provider was to be asked when it was read: a change from another state is refused.
    package let readIsAsked: Bool
    /// The number, within one reading of the store, that those of the same provider, tenant, client, role and
    /// environment share; nil: not read from a store.
    package let cohort: Int?
    /// The earliest instant at which the decision on it may change.
    package var dueAt: Timestamp?
    /// When its provider is to be asked again; nil: never.
    package var askAt: Timestamp?
    /// The rule that kept it when it was judged last.
    package var keptBy: Rule?
    /// Its time has come and the observation has not: a feed's move makes it due.
    package var waitsForEvidence = false
    /// When it ended.
    package var endedAt: Timestamp?
    package var subjectReference: Int64?
    /// The number of its holding, as it was read.
    package var holding: Int64 = 0
    /// When a record last changed it.
    package var recordedAt: Timestamp

    package init(grant: Grant, row: Int64, recordedAt: Timestamp, askAt: Timestamp?, cohort: Int? = nil) {
        self.grant = grant
        self.row = row
        self.recordedAt = recordedAt
        self.askAt = askAt
        self.cohort = cohort
        readStanding = grant.standing
        readIsAsked = askAt != nil
    }

    /// Whether it was read as due for introspection, last called active, and without any later inactive or unknown answer.
    ///
    /// One more such answer changes when it was given, and when to ask again.
    package var isPlainlyActive: Bool {
        let validity = grant.validity
        return readIsAsked && readStanding.isLive && validity.lastVerdict == .active && validity.lastVerdictAt != nil
            && validity.inactiveSince == nil && validity.inactiveCount == 0 && validity.firstCountedAt == nil
            && validity.lastCountedAt == nil && validity.unknownSince == nil
    }
}

/// How long the store keeps what is over, and where it goes before it is removed.
///
/// nil: it is kept for ever, which is the default of all three.
package struct RetentionSettings: Hashable, Sendable {
    /// How long after its end a grant stays.
    package var keepEnded: Duration?
    /// How long an entry stays in the journal.
    package var keepJournal: Duration?
    /// How long after its end a run stays.
    package var keepRuns: Duration?
    /// The directory of the archives; nothing leaves the store without one.
    package var archivePath: String?

    package init() {}

    package var purgesNothing: Bool { keepEnded == nil && keepJournal == nil && keepRuns == nil }
}

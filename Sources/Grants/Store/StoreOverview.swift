/// What an operator looks at and no run needs.
///
/// Reading it costs milliseconds whatever the number of grants: nothing is counted beyond ``mostCounted``
/// and ``mostQuestions``.
package struct StoreOverview: Hashable, Sendable {
    package static let mostCounted = 10_000
    /// Of each provider.
    package static let mostQuestions = 10_000

    /// Live grants whose decision may have changed.
    package var due = 0
    /// Since when the first of them waits.
    package var oldestDue: Timestamp?
    /// Live grants that their provider is to be asked about now.
    package var questions: [ProviderID: Int] = [:]
    /// Since when the first of them waits.
    package var oldestQuestions: [ProviderID: Timestamp] = [:]
    /// Live grants that no evidence covered when they were judged last.
    package var unjudgeable = 0
    /// Revocations that are decided and not done.
    package var revocations = 0
    /// Those of them that were tried.
    package var retried = 0
    /// When the next of them is tried.
    package var nextTry: Timestamp?
    /// Who works now, by job.
    package var locks: [JobLock] = []
    /// The latest run of each job, newest first, without their summaries.
    package var runs: [RunRecord] = []
    package var journalEntries = 0

    package init() {}

    /// Since when the first of all questions waits; nil: none does.
    package var oldestQuestion: Timestamp? { oldestQuestions.values.min() }
}

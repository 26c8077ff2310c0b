/// Whether the store holds work for each job at an instant.
package struct Backlog: Hashable, Sendable {
    package var hasGrantsDue = false
    package var hasQuestionsDue = false
    /// Orders whose next try has come, and that no freeze, hold or breaker keeps back.
    package var hasRevocationsDue = false
    /// Journal entries that some sink has not acknowledged.
    package var hasEventsDue = false

    package init() {}
}

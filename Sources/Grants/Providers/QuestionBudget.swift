/// How many questions a scheduled run may ask a provider, so that a backlog drains over an interval and not at once.
package struct QuestionBudget: Hashable, Sendable {
    /// What the run has to make up for.
    package let period: Duration

    /// `cadence` is the planned time between two runs: a long stop gives no more than two of them.
    package init(lastRun: Timestamp?, now: Timestamp, cadence: Duration) {
        let cadence = max(.zero, cadence)
        let elapsed = lastRun.map { now - $0 } ?? cadence
        period = elapsed < .zero ? cadence : min(elapsed, cadence + cadence)
    }

    /// Twice the fair share of the period, and at least `batch`.
    ///
    /// `live` grants are asked about once in `every`. Answers to confirm do not count.
    package func questions(live: Int, every: Duration, batch: Int) -> Int {
        let share = Double(period.milliseconds) / Double(max(1, every.milliseconds))
        return max(batch, Int(min(2 * Double(max(0, live)) * share, 1e15)))
    }
}

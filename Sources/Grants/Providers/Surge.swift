/// Whether so many grants turned inactive in one run that the provider, not the grants, is the likely cause.
package struct Surge: Hashable, Sendable {
    /// Grants of one provider that were asked in the run.
    package var asked: Int
    /// Of those, the ones whose first countable inactive answer came in it.
    package var newlyInactive: Int
    /// The same number of each of the last 14 runs that asked the provider, in any order.
    package var history: [Int]

    package init(asked: Int, newlyInactive: Int, history: [Int]) {
        self.asked = asked
        self.newlyInactive = newlyInactive
        self.history = history
    }

    /// More than 5, and more than 5 % of those asked or 3 × the median of the last runs.
    ///
    /// The median counts from three runs on: fewer are no history.
    package var isOne: Bool {
        guard newlyInactive > 5 else { return false }
        if newlyInactive * 20 > asked { return true }
        guard history.count >= 3 else { return false }
        return newlyInactive > 3 * history.sorted()[history.count / 2]
    }
}

/// Whether so many grants turned inactive in a day that the provider, not the grants, is the likely cause.
package struct Surge: Hashable, Sendable {
    /// What it looks back on.
    package static let window = Duration.hours(24)
    /// So many earlier days make the usual number.
    package static let days = 14
    /// The usual number counts from so many days on: fewer are no history.
    static let fewestDays = 3
    /// Fewer are never a surge.
    static let most = 5

    /// Distinct grants whose first countable inactive answer came within the window: those with a successor, and those
    /// that a person approved, left out.
    package var newlyInactive: Int
    /// Distinct grants of the provider that were asked about in it.
    package var asked: Int
    /// The number of each of the last 14 days on which the provider was asked, in any order.
    package var history: [Int]

    package init(newlyInactive: Int, asked: Int, history: [Int]) {
        self.newlyInactive = newlyInactive
        self.asked = asked
        self.history = history
    }

    /// More than 5, and more than 5 % of those asked or 3 × the median of the last days.
    package var isOne: Bool {
        guard newlyInactive > Self.most else { return false }
        if newlyInactive * 20 > asked { return true }
        guard history.count >= Self.fewestDays else { return false }
        return newlyInactive > 3 * history.sorted()[history.count / 2]
    }

    /// How many grants asked about are enough to know that `newlyInactive` is no surge by its share.
    package static func enough(for newlyInactive: Int) -> Int { newlyInactive * 20 }
}

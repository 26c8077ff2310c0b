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

    /// Which of the members of a family that turned inactive have a successor: another member, recorded later and
    /// countably active after the other's last `active`, that covers no other.
    ///
    /// `members` are the live ones in the order in which they were recorded.
    package static func succeeded(among members: [Grant], inactive: Set<Grant.Key>) -> Set<Grant.Key> {
        var covered: Set<Grant.Key> = []
        var taken: Set<Int> = []
        // From the latest on: an early member leaves later ones to those that only they can cover.
        for index in members.indices.reversed() where inactive.contains(members[index].key) {
            let lastActiveAt = members[index].validity.lastActiveAt
            let successor = members.indices.dropFirst(index + 1).first { other in
                guard !taken.contains(other), !inactive.contains(members[other].key),
                    members[other].validity.lastVerdict == .active, members[other].validity.inactiveSince == nil,
                    let active = members[other].validity.lastActiveAt
                else { return false }
                return lastActiveAt.map { active > $0 } ?? true
            }
            guard let successor else { continue }
            taken.insert(successor)
            covered.insert(members[index].key)
        }
        return covered
    }
}

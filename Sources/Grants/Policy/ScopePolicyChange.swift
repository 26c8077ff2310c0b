/// What it means for the live grants that another scope policy is to be in force.
package struct ScopePolicyChange: Sendable {
    package let from: ScopePolicy?
    package let to: ScopePolicy?
    /// The holdings that are judged otherwise, by number: all that has to be planned again.
    package private(set) var touched: Set<Int64> = []
    /// Those of them that become out of policy, or are so by further scopes.
    package private(set) var newlyOutside: Set<Int64> = []
    /// Those of them that are out of policy by none but scopes that were outside before.
    package private(set) var narrowed: Set<Int64> = []
    /// Live grants of those that become out of policy.
    package private(set) var grantsOutside: [Partition: Int] = [:]
    /// Live grants that are judged otherwise.
    package private(set) var grantsTouched = 0

    /// nil on either side: no policy.
    package init(from: ScopePolicy?, to: ScopePolicy?) {
        self.from = from
        self.to = to
    }

    /// Takes a holding with what the two policies say of it.
    package mutating func add(
        _ holding: Holding,
        before: PlanningContext.ScopeJudgement,
        after: PlanningContext.ScopeJudgement
    ) {
        guard !before.isAlike(after) else { return }
        touched.insert(holding.number)
        grantsTouched += holding.live
        guard case .outside(let excess) = after else { return }
        if case .outside(let known) = before, Set(excess).isSubset(of: known) {
            narrowed.insert(holding.number)
            return
        }
        newlyOutside.insert(holding.number)
        grantsOutside[holding.partition, default: 0] += holding.live
    }

    /// The holdings for which no change of old tells any more why they are out of policy.
    package var otherwise: Set<Int64> { touched.subtracting(narrowed) }

    /// Whether more grants would become out of policy than the valve lets end at once.
    package func isHeld(
        counts: [Partition: PartitionCounts],
        totals: [Partition: PartitionCounts],
        total: Valve,
        valve: (Partition) -> Valve
    ) -> Bool {
        let reading = ValveReading(
            planned: grantsOutside,
            notices: [:],
            counts: counts,
            totals: totals,
            total: total,
            valve: valve
        )
        return !reading.partitions.isEmpty || !reading.providers.isEmpty || reading.store != nil
    }
}

extension PlanningContext.ScopeJudgement {
    package var isOutside: Bool {
        if case .outside = self { true } else { false }
    }

    /// What can be said while it is open which of two policies is to count; nil: the other one is not known.
    package func agreeing(with other: Self?) -> Self {
        guard case .outside(let excess) = self else { return self }
        guard case .outside(let others) = other else { return .noPolicy }
        let known = Set(others)
        let both = excess.filter { known.contains($0) }
        return both.isEmpty ? .noPolicy : .outside(both)
    }

    /// Whether the planner decides the same by both, for the same reason.
    func isAlike(_ other: Self) -> Bool {
        switch (self, other) {
        case (.notJudged, .allowed), (.allowed, .notJudged): true
        default: self == other
        }
    }
}

/// What it means for the live grants that another scope policy is to be in force.
package struct ScopePolicyChange: Sendable {
    package let from: ScopePolicy?
    package let to: ScopePolicy?
    /// The holdings that are judged otherwise, by number: all that has to be planned again.
    package private(set) var touched: Set<Int64> = []
    /// Those of them that become out of policy.
    package private(set) var newlyOutside: Set<Int64> = []
    /// Live grants that become out of policy.
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
        guard after.isOutside, !before.isOutside else { return }
        newlyOutside.insert(holding.number)
        grantsOutside[holding.partition, default: 0] += holding.live
    }

    /// Whether more grants would become out of policy than the valve lets end at once.
    package func isHeld(
        counts: [Partition: PartitionCounts],
        total: Valve,
        valve: (Partition) -> Valve
    ) -> Bool {
        let reading = ValveReading(planned: grantsOutside, notices: [:], counts: counts, total: total, valve: valve)
        return !reading.partitions.isEmpty || !reading.providers.isEmpty || reading.store != nil
    }
}

extension PlanningContext.ScopeJudgement {
    package var isOutside: Bool {
        if case .outside = self { true } else { false }
    }

    /// Whether the planner decides the same by both, for the same reason.
    func isAlike(_ other: Self) -> Bool {
        switch (self, other) {
        case (.notJudged, .allowed), (.allowed, .notJudged): true
        default: self == other
        }
    }
}

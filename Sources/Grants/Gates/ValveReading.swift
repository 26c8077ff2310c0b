/// What the valve says of all partitions of a run.
///
/// Every planned row counts on every level, held by another gate or not: the reading that ends fewer.
package struct ValveReading: Sendable {
    package typealias Excess = Valve.Excess

    package let partitions: [Partition: Excess]
    package let providers: [ProviderID: Excess]
    package let store: Excess?
    /// Those past the numbers by notices alone: nothing is held, the run warns.
    package let warned: [Partition: Excess]

    /// Reads every level.
    ///
    /// `planned` are the ends and quarantines that count, by partition, approved ones left out; `notices` by
    /// partition; `counts` what the store counts in each partition's own window, unnarrowed by filters, and `totals` in
    /// that of `total`; `valve` the limits of a partition.
    package init(
        planned: [Partition: Int],
        notices: [Partition: Int],
        counts: [Partition: PartitionCounts],
        totals: [Partition: PartitionCounts],
        total: Valve,
        valve: (Partition) -> Valve
    ) {
        var partitions: [Partition: Excess] = [:]
        var warned: [Partition: Excess] = [:]
        var byProvider: [ProviderID: Valve.Load] = [:]
        var all = Valve.Load()
        for partition in Set(counts.keys).union(planned.keys) {
            let load = Self.load(planned[partition] ?? 0, counts[partition])
            partitions[partition] = valve(partition).excess(load)
            let inTotal = Self.load(planned[partition] ?? 0, totals[partition])
            byProvider[partition.provider, default: Valve.Load()].add(inTotal)
            all.add(inTotal)
            if let count = notices[partition] {
                warned[partition] = valve(partition).excess(Self.load(count, counts[partition]))
            }
        }
        self.partitions = partitions
        self.warned = warned
        providers = byProvider.compactMapValues { total.excess($0) }
        store = total.excess(all)
    }

    private static func load(_ planned: Int, _ counts: PartitionCounts?) -> Valve.Load {
        Valve.Load(
            planned: planned,
            recent: counts?.recent ?? 0,
            liveNow: counts.map { max(0, $0.live - $0.endingByThemselves) } ?? 0,
            endedInWindow: counts?.endedInWindow ?? 0
        )
    }
}

extension Valve.Load {
    fileprivate mutating func add(_ other: Valve.Load) {
        planned += other.planned
        recent += other.recent
        liveNow += other.liveNow
        endedInWindow += other.endedInWindow
    }
}

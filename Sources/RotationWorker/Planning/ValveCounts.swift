internal import Grants

/// What the valve measures ends against, read from the store: the same for plans and for orders by hand.
struct ValveCounts {
    private let valves: RotationSettings.Valves
    /// Each in its own window.
    private(set) var counts: [Partition: PartitionCounts] = [:]
    /// All of them in the total valve's.
    private(set) var totals: [Partition: PartitionCounts]

    /// `countsRipe`: what is past its own end and not judged yet is left out by what the store holds of it, for lack of
    /// a plan that covers it.
    init(_ reading: any StoreReading, _ settings: RotationSettings, at now: Timestamp, countsRipe: Bool) throws {
        valves = RotationSettings.Valves(settings)
        let ripe = countsRipe ? try reading.ripeOwnEnds(at: now) : [:]
        func read(_ window: Duration) throws -> [Partition: PartitionCounts] {
            var counts = try reading.counts(endsSince: now - window)
            let near = try reading.ownEnds(after: now, by: now + window)
            for (partition, number) in near.merging(ripe, uniquingKeysWith: +) {
                counts[partition, default: PartitionCounts()].endingByThemselves += number
            }
            return counts
        }
        totals = try read(valves.total.window)
        var known = [valves.total.window: totals]
        for (partition, _) in totals {
            let window = valves.valve(of: partition).window
            let all = try known[window] ?? read(window)
            known[window] = all
            counts[partition] = all[partition]
        }
        // Of a longer window there may be ends where nothing is counted any more.
        for (_, all) in known {
            for (partition, count) in all where counts[partition] == nil { counts[partition] = count }
        }
    }

    /// Takes a plan's tallies into account: what it ends by itself is not live, what it ends otherwise is.
    mutating func add(_ tally: ExpiryPlanner.Tally, of partition: Partition) {
        counts[partition, default: PartitionCounts()].leaveOut(tally.byThemselves, but: tally.nearInWindow)
        totals[partition, default: PartitionCounts()].leaveOut(tally.byThemselves, but: tally.nearInTotal)
    }

    /// `planned` are the ends and quarantines that count, `notices` those only for a warning.
    func reading(planned: [Partition: Int], notices: [Partition: Int] = [:]) -> ValveReading {
        ValveReading(
            planned: planned,
            notices: notices,
            counts: counts,
            totals: totals,
            total: valves.total,
            valve: valves.valve(of:)
        )
    }

    /// Whether more grants would become out of policy than may end at once.
    func holds(_ change: ScopePolicyChange) -> Bool {
        change.isHeld(counts: counts, totals: totals, total: valves.total, valve: valves.valve(of:))
    }
}

extension PartitionCounts {
    /// More of them than were known to end by themselves are planned, or were judged by a narrower plan.
    fileprivate mutating func leaveOut(_ number: Int, but others: Int) {
        endingByThemselves = max(0, endingByThemselves + number - others)
    }
}

internal import Grants

extension ExpiryPlanner {
    /// What is gathered for one partition.
    struct Tally {
        /// Ends and quarantines that the valve counts.
        var planned = 0
        /// Ends that it does not measure: by rule 6, and of superseded members.
        var byThemselves = 0
        /// Those it counts whose own end would come within the partition's window, and within the total valve's.
        var nearInWindow = 0
        var nearInTotal = 0
        /// Until when an own end is near.
        let window: Timestamp
        let totalWindow: Timestamp
        /// Rows that no gate before the valve holds, those outside of the valve among them.
        var open = 0
        /// Of these, ends that rest on the clock.
        var byClock: (digest: PlanDigest, ends: Int)?
        /// Of ``byClock``, those that the valve does not stop.
        var byClockBesideValve: (digest: PlanDigest, ends: Int)?
        var notices = 0
        /// Over the rows that only the valve could hold.
        var digest: PlanDigest?
        var heldByValve = 0
        /// Over the rows that a gate before the valve holds.
        var gated: [Gates.Gate: (digest: PlanDigest, ends: Int)] = [:]

        init(window: Timestamp, totalWindow: Timestamp) {
            self.window = window
            self.totalWindow = totalWindow
        }
    }

    /// What is held, why, and by which hash.
    func readValve(
        _ reading: any StoreReading,
        _ tallies: [Partition: Tally],
        into plan: inout ExpiryPlan
    ) throws {
        // A plan of all that is due has judged what is past its own end; a narrower one knows only of its own.
        var measure = try ValveCounts(reading, settings, at: now, countsRipe: !selection.isAll)
        for (partition, tally) in tallies { measure.add(tally, of: partition) }
        let counts = measure.counts
        for (partition, count) in counts where selectionCovers(partition) {
            for (standing, number) in count.standings { plan.standings[standing, default: 0] += number }
        }
        plan.live = plan.standings.reduce(0) { $1.key.isLive ? $0 + $1.value : $0 }
        let valve = measure.reading(
            planned: tallies.mapValues(\.planned),
            notices: tallies.mapValues(\.notices)
        )
        plan.warned = valve.warned.keys.sorted()
        gatherGated(tallies, counts, into: &plan)
        gatherValve(tallies, counts, valve, into: &plan)
        gatherOpen(tallies, counts, into: &plan)
        let live = counts.values.reduce(0) { $0 + $1.live }
        if let held = scopes.heldPlan(live: live, policyHash: policyHash, now: now) {
            plan.held.append(held)
        }
        plan.held.sort {
            ($0.provider?.rawValue ?? "", $0.tenant?.rawValue ?? "", $0.why) < (
                $1.provider?.rawValue ?? "", $1.tenant?.rawValue ?? "", $1.why
            )
        }
    }

    /// What is applied, and what of it only where the provider's clock agrees with ours.
    private func gatherOpen(
        _ tallies: [Partition: Tally],
        _ counts: [Partition: PartitionCounts],
        into plan: inout ExpiryPlan
    ) {
        for (partition, tally) in tallies where tally.open > 0 {
            plan.open[partition] = tally.open
            func held(_ rows: (digest: PlanDigest, ends: Int)) -> HeldPlan {
                HeldPlan(
                    tenant: partition.tenant,
                    provider: partition.provider,
                    wouldEnd: rows.ends,
                    live: counts[partition]?.live ?? 0,
                    why: Gates.Gate.noDate.rawValue,
                    hash: rows.digest.hex,
                    policyHash: policyHash,
                    heldAt: now,
                    selection: selection
                )
            }
            if let rows = tally.byClock { plan.byClock[partition] = held(rows) }
            // What the valve holds of a partition waits for it, and not for the clock.
            let open = plan.valveHeld[partition] == nil ? tally.byClock : tally.byClockBesideValve
            if let rows = open { plan.openByClock.append(held(rows)) }
        }
        plan.openByClock.sort {
            ($0.provider?.rawValue ?? "", $0.tenant?.rawValue ?? "") < (
                $1.provider?.rawValue ?? "", $1.tenant?.rawValue ?? ""
            )
        }
    }

    private func selectionCovers(_ partition: Partition) -> Bool {
        (selection.provider == nil || selection.provider == partition.provider)
            && (selection.tenant == nil || selection.tenant == partition.tenant)
    }

    private func gatherGated(
        _ tallies: [Partition: Tally],
        _ counts: [Partition: PartitionCounts],
        into plan: inout ExpiryPlan
    ) {
        for (partition, tally) in tallies {
            for (gate, rows) in tally.gated {
                plan.held.append(
                    HeldPlan(
                        tenant: partition.tenant,
                        provider: partition.provider,
                        wouldEnd: rows.ends,
                        live: counts[partition]?.live ?? 0,
                        why: gate.rawValue,
                        hash: rows.digest.hex,
                        policyHash: policyHash,
                        heldAt: now,
                        selection: selection
                    )
                )
            }
        }
    }

    private func gatherValve(
        _ tallies: [Partition: Tally],
        _ counts: [Partition: PartitionCounts],
        _ valve: ValveReading,
        into plan: inout ExpiryPlan
    ) {
        var ofProvider: [ProviderID: [Partition]] = [:]
        var ofStore: [Partition] = []
        for (partition, tally) in tallies {
            guard tally.digest != nil else { continue }
            if let excess = valve.partitions[partition] {
                hold([partition], partition.tenant, partition.provider, excess.rawValue, tallies, counts, &plan)
            } else if valve.providers[partition.provider] != nil {
                ofProvider[partition.provider, default: []].append(partition)
            } else if valve.store != nil {
                ofStore.append(partition)
            }
        }
        for (provider, partitions) in ofProvider {
            let why = "\(valve.providers[provider]?.rawValue ?? "valve")-provider"
            hold(partitions, nil, provider, why, tallies, counts, &plan)
        }
        if !ofStore.isEmpty, let excess = valve.store {
            hold(ofStore, nil, nil, "\(excess.rawValue)-store", tallies, counts, &plan)
        }
    }

    private func hold(
        _ partitions: [Partition],
        _ tenant: TenantID?,
        _ provider: ProviderID?,
        _ why: String,
        _ tallies: [Partition: Tally],
        _ counts: [Partition: PartitionCounts],
        _ plan: inout ExpiryPlan
    ) {
        var digest = PlanDigest(Array(policyHash.utf8))
        for partition in partitions.sorted() {
            digest.add(Array((tallies[partition]?.digest?.hex ?? "").utf8))
        }
        let hash = digest.hex
        for partition in partitions { plan.valveHeld[partition] = hash }
        let live = counts.reduce(0) { sum, entry in
            let covered =
                (provider == nil || entry.key.provider == provider) && (tenant == nil || entry.key.tenant == tenant)
            return covered ? sum + entry.value.live : sum
        }
        plan.held.append(
            HeldPlan(
                tenant: tenant,
                provider: provider,
                wouldEnd: partitions.reduce(0) { $0 + (tallies[$1]?.heldByValve ?? 0) },
                live: live,
                why: why,
                hash: hash,
                policyHash: policyHash,
                heldAt: now,
                selection: selection
            )
        )
    }
}

extension ExpiryPlanner.Tally {
    mutating func add(
        _ decision: Decision,
        on grant: Grant,
        group: [Assessor.Judged],
        line: [UInt8],
        gate: Gates.Gate?,
        at now: Timestamp,
        policyHash: String
    ) {
        if Gates.isCounted(decision) {
            planned += 1
            if let end = grant.ownEnd(after: now) {
                if end <= window { nearInWindow += 1 }
                if end <= totalWindow { nearInTotal += 1 }
            }
        } else if decision.isEnd {
            byThemselves += 1
        }
        if decision.action == .notice { notices += 1 }
        guard Gates.canHold(decision) else { return }
        if gate == nil {
            open += 1
            let rests =
                Gates.needsDate(decision, on: grant)
                || group.contains { Gates.needsDate($0.decision, on: $0.stored.grant) }
            if rests {
                func add(to known: inout (digest: PlanDigest, ends: Int)?) {
                    var rows = known ?? (PlanDigest(Array(policyHash.utf8), Array(Gates.Gate.noDate.rawValue.utf8)), 0)
                    rows.digest.add(line: line)
                    rows.ends += 1
                    known = rows
                }
                add(to: &byClock)
                if !Gates.valveHolds(decision) { add(to: &byClockBesideValve) }
            }
        }
        let ends = decision.isEnd || decision.action == .quarantine
        if let gate {
            var rows = gated[gate] ?? (PlanDigest(Array(policyHash.utf8), Array(gate.rawValue.utf8)), 0)
            rows.digest.add(line: line)
            rows.ends += ends ? 1 : 0
            gated[gate] = rows
        } else if Gates.valveHolds(decision) {
            // In its place: one that is held twice is copied for every row.
            if digest == nil { digest = PlanDigest() }
            digest?.add(line: line)
            heldByValve += ends ? 1 : 0
        }
    }
}

internal import Grants

/// Walks what is due in key order and builds the plan: one snapshot, memory bounded by the partitions.
struct ExpiryPlanner {
    let settings: RotationSettings
    let policyHash: String
    let ownTokens: [Secret]
    let selection: GrantSelection
    let isFull: Bool
    let now: Timestamp
    /// Asked at every row: a walk runs on a thread that cancellation does not reach.
    let isCancelled: @Sendable () -> Bool

    /// What is gathered for one partition.
    fileprivate struct Tally {
        let index: Int
        /// Ends and quarantines that the valve counts.
        var planned = 0
        var notices = 0
        /// Over the rows that only the valve could hold.
        var digest: PlanDigest?
        var heldByValve = 0
        /// Over the rows that a gate before the valve holds.
        var gated: [Gates.Gate: (digest: PlanDigest, ends: Int)] = [:]
    }

    /// The plan of one snapshot.
    ///
    /// Rows that end with a due one without being due themselves belong to it too, in key order like all others: where
    /// a walk finds such, it is made once more with them.
    func plan(_ reading: any StoreReading, rows receiver: (any PlanRowReceiver)?) throws -> ExpiryPlan {
        var along: Set<Int64> = []
        while true {
            try receiver?.restart()
            var walk = try Walk(self, reading, receiver)
            let found = try walk.perform(scope(reading, along))
            if found.isSubset(of: along) { return try walk.finish() }
            walk.abandon()
            along.formUnion(found)
        }
    }

    /// One walk over what is due.
    private struct Walk {
        private let planner: ExpiryPlanner
        private let reading: any StoreReading
        private let receiver: (any PlanRowReceiver)?
        private let gates: Gates
        private let assessor: Assessor
        private var plan: ExpiryPlan
        private var spool: PlanSpool.Writer
        private var digest: PlanDigest
        private var tallies: [Partition: Tally] = [:]
        private var unjudgedBefore = 0

        init(
            _ planner: ExpiryPlanner,
            _ reading: any StoreReading,
            _ receiver: (any PlanRowReceiver)?
        ) throws {
            self.planner = planner
            self.reading = reading
            self.receiver = receiver
            plan = ExpiryPlan(asOf: planner.now, policyHash: planner.policyHash, selection: planner.selection)
            plan.freezes = try reading.freezes()
            plan.heldProviders = try reading.heldProviders()
            gates = Gates(
                mode: planner.settings.policy.mode,
                freezes: plan.freezes,
                heldProviders: Set(plan.heldProviders.keys)
            )
            assessor = try Assessor(
                reading,
                planner.settings,
                ownTokens: planner.ownTokens,
                now: planner.now,
                remembers: true
            )
            spool = try PlanSpool.Writer()
            digest = PlanDigest(Array(planner.policyHash.utf8))
        }

        /// Returns the rows that end with a due one and are not due.
        mutating func perform(_ scope: GrantState) throws -> Set<Int64> {
            var along: Set<Int64> = []
            do {
                try reading.forEach(scope, in: planner.selection) { stored in
                    guard !planner.isCancelled() else { throw CancellationError() }
                    let assessment = try assessor.assess(stored)
                    try take(assessment)
                    guard scope != .live else { return }
                    for member in assessment.group where !(member.stored.dueAt.map { $0 <= planner.now } ?? false) {
                        along.insert(member.stored.row)
                    }
                }
            } catch {
                abandon()
                throw error
            }
            return along
        }

        private mutating func take(_ assessment: Assessor.Assessment) throws {
            let stored = assessment.stored
            let decision = assessment.decision
            let row = PlanRow(grant: stored.grant, decision: decision, family: assessment.family)
            plan.count(decision)
            if stored.keptBy == .noEvidence { unjudgedBefore += 1 }
            let bytes = decision.action == .keep ? nil : row.json(isWhole: false)
            if let bytes { digest.add(bytes) }
            if bytes != nil || row.isListedKeep { try receiver?.receive(row) }
            let partition = Partition(of: stored.grant)
            let index = tallies[partition]?.index ?? tallies.count
            let gate = gates.closed(to: decision, on: stored.grant)
            var tally = tallies[partition] ?? Tally(index: index)
            if let bytes { tally.add(decision, bytes, gate: gate, policyHash: planner.policyHash) }
            tallies[partition] = tally
            try spool.append(planner.record(assessment, partition: index, gate: gate))
        }

        func abandon() { spool.abandon() }

        mutating func finish() throws -> ExpiryPlan {
            plan.spool = try spool.finish()
            plan.planHash = digest.hex
            plan.partitions = tallies.sorted { $0.value.index < $1.value.index }.map(\.key)
            try planner.readValve(reading, tallies, into: &plan)
            plan.toAsk = try reading.count(.toAsk(planner.now), in: planner.selection)
            plan.unjudgeable =
                try reading.unjudgeable(in: planner.selection) - unjudgedBefore + (plan.rules[.noEvidence] ?? 0)
            return plan
        }
    }

    /// What is due; all of it where the policy is not the one that the deadlines were made with.
    private func scope(_ reading: any StoreReading, _ along: Set<Int64>) throws -> GrantState {
        let known = try reading.setting(ExpiryJob.policySetting)
        if isFull || known != policyHash { return .live }
        return along.isEmpty ? .due(now) : .dueOr(now, rows: along.sorted())
    }

    fileprivate func record(
        _ assessment: Assessor.Assessment,
        partition: Int,
        gate: Gates.Gate?
    ) -> PlanSpool.Record {
        let decision = assessment.decision
        let kind: Int
        switch decision.action {
        case .keep: kind = 0
        case .reprieve, .restore: kind = 1
        case .notice, .quarantine, .end: kind = 2
        }
        return PlanSpool.Record(
            row: assessment.stored.row,
            oldDue: assessment.stored.dueAt?.milliseconds ?? PlanSpool.none,
            newDue: assessment.deadline.dueAt?.milliseconds ?? PlanSpool.none,
            partition: partition,
            kind: kind,
            rule: Rule.allCases.firstIndex(of: decision.rule) ?? 0,
            gate: gate.flatMap { Gates.Gate.allCases.firstIndex(of: $0) }.map { $0 + 1 } ?? 0,
            valveHolds: Gates.valveHolds(decision),
            waits: assessment.deadline.waitsForEvidence,
            action: decision.action.ordinal
        )
    }

    // MARK: The valve

    fileprivate func readValve(
        _ reading: any StoreReading,
        _ tallies: [Partition: Tally],
        into plan: inout ExpiryPlan
    ) throws {
        let counts = try reading.counts(endsSince: now - longestWindow)
        for (partition, count) in counts where selectionCovers(partition) {
            for (standing, number) in count.standings { plan.standings[standing, default: 0] += number }
        }
        plan.live = plan.standings.reduce(0) { $1.key.isLive ? $0 + $1.value : $0 }
        let valve = ValveReading(
            planned: tallies.mapValues(\.planned),
            notices: tallies.mapValues(\.notices),
            counts: counts,
            total: settings.policy.totalValve,
            valve: partitionValve
        )
        plan.warned = valve.warned.keys.sorted()
        gatherGated(tallies, counts, into: &plan)
        gatherValve(tallies, counts, valve, into: &plan)
        plan.held.sort {
            ($0.provider?.rawValue ?? "", $0.tenant?.rawValue ?? "", $0.why) < (
                $1.provider?.rawValue ?? "", $1.tenant?.rawValue ?? "", $1.why
            )
        }
    }

    private func selectionCovers(_ partition: Partition) -> Bool {
        (selection.provider == nil || selection.provider == partition.provider)
            && (selection.tenant == nil || selection.tenant == partition.tenant)
    }

    /// The longest of all windows: what one valve still counts, all do.
    private var longestWindow: Duration {
        var longest = max(settings.policy.defaults.valve.window, settings.policy.totalValve.window)
        for change in settings.policy.overrides.flatMap(\.changes) {
            if case .valveWindow(let window) = change { longest = max(longest, window) }
        }
        return longest
    }

    private func partitionValve(_ partition: Partition) -> Valve {
        let party = settings.tenants.first { $0.id == partition.tenant }?.party
        return settings.policy.values(
            for: PolicySubject(tenant: partition.tenant, party: party, provider: partition.provider)
        ).values.valve
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
    fileprivate mutating func add(_ decision: Decision, _ bytes: [UInt8], gate: Gates.Gate?, policyHash: String) {
        let isCounted = Gates.isCounted(decision)
        if isCounted { planned += 1 }
        if decision.action == .notice { notices += 1 }
        guard Gates.canHold(decision) else { return }
        let ends = decision.isEnd || decision.action == .quarantine
        if let gate {
            var rows = gated[gate] ?? (PlanDigest(Array(policyHash.utf8), Array(gate.rawValue.utf8)), 0)
            rows.digest.add(bytes)
            rows.ends += ends ? 1 : 0
            gated[gate] = rows
        } else if Gates.valveHolds(decision) {
            var rows = digest ?? PlanDigest()
            rows.add(bytes)
            digest = rows
            heldByValve += ends ? 1 : 0
        }
    }
}

extension ExpiryPlan {
    fileprivate mutating func count(_ decision: Decision) {
        examined += 1
        actions[decision.action.name, default: 0] += 1
        rules[decision.rule, default: 0] += 1
        guard decision.action == .keep else { return }
        switch decision.rule {
        case .cannotRevoke, .collateral, .nobodyTold, .noEvidence: refused[decision.rule.rawValue, default: 0] += 1
        default: break
        }
    }
}

extension Decision.Action {
    /// Tells actions apart on the spool.
    var ordinal: Int {
        switch self {
        case .keep: 0
        case .notice: 1
        case .reprieve: 2
        case .quarantine: 3
        case .restore: 4
        case .end: 5
        }
    }
}

internal import Grants

extension ExpiryPlan {
    /// Partitions of which rows are applied: those that the valve does not hold, or the held ones that a person approved.
    func released(approving hash: String?) -> Set<Partition> {
        Set(open.keys.filter { valveHeld[$0] == hash })
    }

    /// What the gate of the clocks holds of the partitions that are applied.
    func held(by gate: ClockGate, among released: Set<Partition>, at now: Timestamp) -> [HeldPlan] {
        var held = byClock.filter { plan in
            guard let provider = plan.provider, let tenant = plan.tenant, !gate.skewed.contains(provider) else {
                return false
            }
            return gate.undated.contains(provider) && released.contains(Partition(provider: provider, tenant: tenant))
        }
        for provider in gate.skewed.sorted() {
            let mine = released.filter { $0.provider == provider }.sorted()
            var digest = PlanDigest(Array(planHash.utf8), Array(Gates.Gate.heldProvider.rawValue.utf8))
            for partition in mine { digest.add(Array(partition.tenant.rawValue.utf8)) }
            held.append(
                HeldPlan(
                    tenant: nil,
                    provider: provider,
                    wouldEnd: mine.reduce(0) { $0 + (open[$1] ?? 0) },
                    live: live,
                    why: Gates.Gate.heldProvider.rawValue,
                    hash: digest.hex,
                    policyHash: policyHash,
                    heldAt: now,
                    selection: selection
                )
            )
        }
        return held
    }
}

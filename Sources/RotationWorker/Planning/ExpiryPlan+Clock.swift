internal import Grants

extension ExpiryPlan {
    /// Partitions of which rows are applied: all that no gate before the valve holds, since the valve stops only some of
    /// a partition's rows, or the held ones that a person approved.
    func released(approving hash: String?) -> Set<Partition> {
        guard let hash else { return Set(open.keys) }
        return Set(open.keys.filter { valveHeld[$0] == hash })
    }

    /// What the gate of the clocks holds of what is applied.
    func held(by gate: ClockGate, approving hash: String?, at now: Timestamp) -> [HeldPlan] {
        let released = released(approving: hash)
        let byClock = hash == nil ? openByClock : released.sorted().compactMap { self.byClock[$0] }
        var held = byClock.filter { plan in
            guard let provider = plan.provider else { return false }
            return gate.undated.contains(provider) && !gate.skewed.contains(provider)
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

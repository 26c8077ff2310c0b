internal import Grants

/// First inactive answers that wait: until their run is over, or, in a surge, until a person approves them.
enum PendingVerdicts {
    /// Lets them count, as of the time they were given.
    static func count(_ pending: [PendingVerdict], in writing: any StoreWriting) throws {
        for verdict in pending {
            if var stored = try writing.grant(row: verdict.row), stored.grant.standing.isLive {
                stored.grant.validity.record(.inactive, at: verdict.at)
                stored.dueAt = verdict.at
                try writing.save(stored)
            }
            try writing.removePendingVerdict(row: verdict.row)
        }
    }

    /// Holds the provider until these answers are approved by their hash.
    static func hold(
        _ pending: [PendingVerdict],
        of provider: ProviderID,
        asked: Int,
        policyHash: String,
        at now: Timestamp,
        in writing: any StoreWriting
    ) throws -> HeldPlan {
        var digest = PlanDigest(Array("surge".utf8), Array(provider.rawValue.utf8))
        for verdict in pending {
            let key = try writing.grant(row: verdict.row)?.grant.key.id ?? ""
            digest.add(Array(key.utf8))
        }
        let plan = HeldPlan(
            tenant: nil,
            provider: provider,
            wouldEnd: pending.count,
            live: asked,
            why: "surge",
            hash: digest.hex,
            policyHash: policyHash,
            heldAt: now,
            selection: GrantSelection(provider: provider)
        )
        // A hold of another kind stays: approving the surge must not release it.
        let present = try writing.heldProviders()[provider]
        if present == nil || present?.why == "surge" {
            try writing.setHold(ProviderHold(why: "surge", since: now, hash: plan.hash), of: provider)
        }
        try removePlan(of: provider, in: writing)
        try writing.setHeldPlans(try writing.heldPlans() + [plan])
        return plan
    }

    static func removePlan(of provider: ProviderID, in writing: any StoreWriting) throws {
        let others = try writing.heldPlans().filter { !($0.why == "surge" && $0.provider == provider) }
        try writing.setHeldPlans(others)
    }
}

internal import Grants

/// First inactive answers that wait: until their run is over, or, in a surge or a creep, until a person approves them.
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

    /// Takes back those of the day that have counted and ended nothing yet: they wait with the others.
    static func join(
        _ rows: Set<Int64>,
        of provider: ProviderID,
        run: Int64,
        since: Timestamp,
        in writing: any StoreWriting
    ) throws {
        let waiting = Set(try writing.pendingVerdicts(of: provider).map(\.row))
        let firsts = try writing.firstInactives(at: provider, since: since)
        for first in firsts where rows.contains(first.row) && !waiting.contains(first.row) {
            guard var stored = try writing.grant(row: first.row), stored.grant.standing.isLive,
                stored.grant.validity.inactiveCount > 0
            else { continue }
            stored.grant.validity.forgetInactivity()
            stored.grant.validity.lastVerdict = stored.grant.validity.lastActiveAt == nil ? nil : .active
            stored.grant.validity.lastVerdictAt = stored.grant.validity.lastActiveAt
            try writing.save(stored)
            try writing.setPendingVerdicts([PendingVerdict(row: first.row, at: first.at, run: run)], of: provider)
        }
    }

    /// Holds the provider until these answers are approved by their hash.
    ///
    /// `why` is `surge` or `creep`; `asked` is what they are a share of.
    static func hold(
        _ pending: [PendingVerdict],
        of provider: ProviderID,
        why: String,
        asked: Int,
        policyHash: String,
        at now: Timestamp,
        in writing: any StoreWriting
    ) throws -> HeldPlan {
        var digest = PlanDigest(Array(why.utf8), Array(provider.rawValue.utf8))
        for verdict in pending {
            let key = try writing.grant(row: verdict.row)?.grant.key.id ?? ""
            digest.add(Array(key.utf8))
        }
        let plan = HeldPlan(
            tenant: nil,
            provider: provider,
            wouldEnd: pending.count,
            live: asked,
            why: why,
            hash: digest.hex,
            policyHash: policyHash,
            heldAt: now,
            selection: GrantSelection(provider: provider)
        )
        // A hold of another kind stays: an approval must not release it.
        let present = try writing.heldProviders()[provider]
        if present == nil || present?.needsApproval == true {
            let since = present?.why == why ? present?.since : nil
            try writing.setHold(ProviderHold(why: why, since: since ?? now, hash: plan.hash), of: provider)
        }
        try removePlan(of: provider, in: writing)
        try writing.setHeldPlans(try writing.heldPlans() + [plan])
        return plan
    }

    static func removePlan(of provider: ProviderID, in writing: any StoreWriting) throws {
        let others = try writing.heldPlans().filter { !($0.isOfProvider && $0.provider == provider) }
        try writing.setHeldPlans(others)
    }
}

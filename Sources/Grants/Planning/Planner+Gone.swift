/// Rule 4: what the provider has ended, and what a successor carries on.
extension Planner {
    /// Counted inactive often enough, over long enough, and not used since.
    package func isGone(_ grant: Grant, lastUsedAt: Timestamp?) -> Bool {
        let validity = grant.validity
        guard validity.inactiveCount >= max(1, policy.confirmations),
            let since = validity.inactiveSince, let first = validity.firstCountedAt,
            let last = validity.lastCountedAt
        else { return false }
        if let lastUsedAt, lastUsedAt > since { return false }
        return last - first >= policy.confirmAfter
    }

    func goneAtProvider(_ grant: Grant, _ family: Family) -> Decision? {
        let used = family.lastUsedAt
        var (speaks, allAreGone, oneIsKnownToLive) = (false, true, false)
        func hear(_ member: Grant) {
            guard member.holdsRefreshToken || member.holdsAccessToken else { return }
            speaks = true
            allAreGone = allAreGone && isGone(member, lastUsedAt: used)
            oneIsKnownToLive = oneIsKnownToLive || Succession.isKnownToLive(member)
        }
        if family.members.isEmpty { hear(grant) }
        for member in family.members { hear(member.grant) }
        guard speaks else { return nil }
        if allAreGone {
            return Decision(
                .end(.init(.revoked, needsCall: false)),
                .goneAtProvider,
                "inactive at the provider"
            )
        }
        // Outside the valve, so another member must be known to live, not merely not known to be gone.
        guard oneIsKnownToLive, isGone(grant, lastUsedAt: used), let successor = successor(of: grant, in: family)
        else { return nil }
        return Decision(
            .end(.superseded(by: successor.key)),
            .goneAtProvider,
            "superseded by \(successor.key.id)"
        )
    }

    /// The member that carries the consent on for one that is gone, and for no other.
    func successor(of grant: Grant, in family: Family) -> Grant? {
        let successors = Succession.successors(among: family.members.map(\.grant)) { member in
            isGone(member, lastUsedAt: family.lastUsedAt)
        }
        return successors[grant.key]
    }
}

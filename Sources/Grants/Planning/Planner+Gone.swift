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
            oneIsKnownToLive = oneIsKnownToLive || Self.isKnownToLive(member)
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
    ///
    /// The earliest recorded of those that are gone are served first, whichever of them is asked about.
    func successor(of grant: Grant, in family: Family) -> Grant? {
        let members = family.members.map(\.grant).sorted {
            (Self.recorded($0), $0.key) < (Self.recorded($1), $1.key)
        }
        var free = members.filter { Self.isKnownToLive($0) && !$0.coversAnother }
        for member in members where isGone(member, lastUsedAt: family.lastUsedAt) {
            let index = free.firstIndex { Self.carriesOn($0, member) }
            if member.key == grant.key { return index.map { free[$0] } }
            if let index { free.remove(at: index) }
        }
        return nil
    }

    private static func isKnownToLive(_ grant: Grant) -> Bool {
        grant.validity.lastVerdict == .active && grant.validity.inactiveSince == nil
    }

    /// Recorded later, and countably active after the other was.
    private static func carriesOn(_ grant: Grant, _ other: Grant) -> Bool {
        guard let active = grant.validity.lastActiveAt, recorded(grant) > recorded(other) else { return false }
        return other.validity.lastActiveAt.map { active > $0 } ?? true
    }

    private static func recorded(_ grant: Grant) -> Timestamp {
        grant.firstSeenAt ?? grant.firstRecordedAt ?? Timestamp(milliseconds: .min)
    }
}

/// Who carries a consent on when members of its family are gone.
///
/// A successor was recorded later, is countably active after the other's last `active`, and covers no other: neither one
/// of the past nor one of the same judgement.
package enum Succession {
    /// The successor of each member that is gone and has one: the earliest recorded of those that are gone are served
    /// first, by the earliest recorded of those that live.
    package static func successors(among members: [Grant], gone isGone: (Grant) -> Bool) -> [Grant.Key: Grant] {
        let ordered = members.sorted { (recorded($0), $0.key) < (recorded($1), $1.key) }
        let gone = ordered.filter(isGone)
        let keys = Set(gone.map(\.key))
        var free = ordered.filter { isKnownToLive($0) && !$0.coversAnother && !keys.contains($0.key) }
        var found: [Grant.Key: Grant] = [:]
        for member in gone {
            guard let index = free.firstIndex(where: { carriesOn($0, member) }) else { continue }
            found[member.key] = free.remove(at: index)
        }
        return found
    }

    /// Called active last, not merely not known to be gone.
    static func isKnownToLive(_ grant: Grant) -> Bool {
        grant.validity.lastVerdict == .active && grant.validity.inactiveSince == nil
    }

    private static func carriesOn(_ grant: Grant, _ other: Grant) -> Bool {
        guard let active = grant.validity.lastActiveAt, recorded(grant) > recorded(other) else { return false }
        return other.validity.lastActiveAt.map { active > $0 } ?? true
    }

    private static func recorded(_ grant: Grant) -> Timestamp {
        grant.firstSeenAt ?? grant.firstRecordedAt ?? Timestamp(milliseconds: .min)
    }
}

/// The live members of one consent, judged together.
///
/// A grant without a family is a family of one.
package struct Family: Hashable, Sendable {
    /// A member with what is known of its use.
    package struct Member: Hashable, Sendable {
        package var grant: Grant
        package var evidence: UseEvidence

        package init(_ grant: Grant, _ evidence: UseEvidence) {
            self.grant = grant
            self.evidence = evidence
        }
    }

    /// Empty for a grant that is a family of its own: it speaks for itself.
    package let members: [Member]
    /// The latest use of any member, ended ones included: their consent is the same one.
    package let lastUsedAt: Timestamp?
    /// The latest countable active answer about any member.
    package let lastActiveAt: Timestamp?
    /// The family's oldest consent: its lifetime counts from here; nil: no instant of one can be believed.
    package let oldest: Timestamp?
    /// The family's youngest consent or life: whether it is new, and idle, counts from here; nil as above.
    package let youngest: Timestamp?
    /// The stretch in which every member was observed.
    package let window: Window?
    package let isFresh: Bool
    /// Since when one of those who tell of its use is silent; nil: one of them never spoke.
    package let heardUntil: Timestamp?
    /// Why a member's client stands still, for people; nil: none does.
    package let standstill: String?
    /// Across tenants or clients a family is a mistake in the data: listed, never ended automatically.
    package let isMixed: Bool

    /// A family has at least one live member; an empty list is a programmer's mistake and traps.
    package init(_ members: [Member], lastUsedByEnded: Timestamp? = nil) {
        precondition(!members.isEmpty, "a family has a member")
        self.members = members
        var (oldest, youngest): (Timestamp?, Timestamp?) = (nil, nil)
        var lastUsedAt = lastUsedByEnded?.ifSensible
        var lastActiveAt: Timestamp?
        var window = members[0].evidence.window
        var heardUntil = members[0].evidence.heardUntil
        var (isFresh, isMixed) = (true, false)
        for (index, member) in members.enumerated() {
            if let issued = member.grant.sensibleIssuedAt { oldest = oldest.map { min($0, issued) } ?? issued }
            youngest = Self.latest(youngest, member.grant.beganAt)
            lastUsedAt = Self.latest(lastUsedAt, member.grant.sensibleLastUsedAt)
            lastActiveAt = Self.latest(lastActiveAt, member.grant.validity.lastActiveAt)
            isFresh = isFresh && member.evidence.isFresh
            guard index > 0 else { continue }
            heardUntil = member.evidence.heardUntil.flatMap { heard in heardUntil.map { min($0, heard) } }
            window = member.evidence.window.flatMap { window?.intersection($0) }
            isMixed =
                isMixed || member.grant.tenant != members[0].grant.tenant
                || member.grant.client != members[0].grant.client
        }
        self.lastUsedAt = lastUsedAt
        self.lastActiveAt = lastActiveAt
        self.oldest = oldest
        self.youngest = youngest
        self.window = window
        self.isFresh = isFresh
        self.heardUntil = heardUntil
        standstill = members.lazy.compactMap(\.evidence.standstill).first
        self.isMixed = isMixed
    }

    /// The family of a grant that belongs to none.
    package init(alone grant: Grant, _ evidence: UseEvidence) {
        members = []
        lastUsedAt = grant.sensibleLastUsedAt
        lastActiveAt = grant.validity.lastActiveAt
        oldest = grant.sensibleIssuedAt
        youngest = grant.beganAt
        window = evidence.window
        isFresh = evidence.isFresh
        heardUntil = evidence.heardUntil
        standstill = evidence.standstill
        isMixed = false
    }

    private static func latest(_ one: Timestamp?, _ other: Timestamp?) -> Timestamp? {
        guard let one, let other else { return one ?? other }
        return max(one, other)
    }

    /// The latest sign of life: a use, or an active answer that counted.
    package var lastLivedAt: Timestamp? { Self.latest(lastUsedAt, lastActiveAt) }

    /// `max(lastUsedAt, issuedAt, observedFrom)`: what came before was not observed; nil without a window.
    package var idleSince: Timestamp? {
        window.map { max($0.from, lastUsedAt ?? $0.from, youngest ?? $0.from) }
    }

    /// `max(0, observedUntil − idleSince)`; nil without a window.
    package var idle: Duration? {
        guard let window, let idleSince else { return nil }
        return max(.zero, window.until - idleSince)
    }
}

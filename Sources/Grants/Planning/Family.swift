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
    /// The family's oldest consent: its lifetime counts from here.
    package let oldest: Timestamp
    /// The family's youngest consent: whether it is new, and idle, counts from here.
    package let youngest: Timestamp
    /// The stretch in which every member was observed.
    package let window: Window?
    package let isFresh: Bool
    /// Across tenants or clients a family is a mistake in the data: listed, never ended automatically.
    package let isMixed: Bool

    /// A family has at least one live member; an empty list is a programmer's mistake and traps.
    package init(_ members: [Member], lastUsedByEnded: Timestamp? = nil) {
        precondition(!members.isEmpty, "a family has a member")
        self.members = members
        var (oldest, youngest) = (members[0].grant.issuedAt, members[0].grant.issuedAt)
        var lastUsedAt = lastUsedByEnded
        var window = members[0].evidence.window
        var (isFresh, isMixed) = (true, false)
        for (index, member) in members.enumerated() {
            oldest = min(oldest, member.grant.issuedAt)
            youngest = max(youngest, member.grant.issuedAt)
            if let used = member.grant.lastUsedAt { lastUsedAt = lastUsedAt.map { max($0, used) } ?? used }
            isFresh = isFresh && member.evidence.isFresh
            guard index > 0 else { continue }
            window = member.evidence.window.flatMap { window?.intersection($0) }
            isMixed =
                isMixed || member.grant.tenant != members[0].grant.tenant
                || member.grant.client != members[0].grant.client
        }
        self.lastUsedAt = lastUsedAt
        self.oldest = oldest
        self.youngest = youngest
        self.window = window
        self.isFresh = isFresh
        self.isMixed = isMixed
    }

    /// The family of a grant that belongs to none.
    package init(alone grant: Grant, _ evidence: UseEvidence) {
        members = []
        lastUsedAt = grant.lastUsedAt
        oldest = grant.issuedAt
        youngest = grant.issuedAt
        window = evidence.window
        isFresh = evidence.isFresh
        isMixed = false
    }

    /// `max(lastUsedAt, issuedAt, observedFrom)`: what came before was not observed; nil without a window.
    package var idleSince: Timestamp? {
        window.map { max(lastUsedAt ?? youngest, youngest, $0.from) }
    }

    /// `max(0, observedUntil − idleSince)`; nil without a window.
    package var idle: Duration? {
        guard let window, let idleSince else { return nil }
        return max(.zero, window.until - idleSince)
    }
}

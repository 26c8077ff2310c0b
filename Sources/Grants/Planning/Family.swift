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

    package let members: [Member]
    /// The latest use of members that have ended: their consent is the same one.
    package let lastUsedByEnded: Timestamp?

    /// A family has at least one live member; an empty list is a programmer's mistake and traps.
    package init(_ members: [Member], lastUsedByEnded: Timestamp? = nil) {
        precondition(!members.isEmpty, "a family has a member")
        self.members = members
        self.lastUsedByEnded = lastUsedByEnded
    }

    package var lastUsedAt: Timestamp? {
        (members.compactMap(\.grant.lastUsedAt) + [lastUsedByEnded].compactMap { $0 }).max()
    }

    /// The family's oldest consent: its lifetime counts from here.
    package var oldest: Timestamp { members.reduce(members[0].grant.issuedAt) { min($0, $1.grant.issuedAt) } }

    /// The family's youngest consent: whether it is new, and idle, counts from here.
    package var youngest: Timestamp { members.reduce(members[0].grant.issuedAt) { max($0, $1.grant.issuedAt) } }

    /// The stretch in which every member was observed.
    package var window: Window? {
        members.dropFirst().reduce(members[0].evidence.window) { window, member in
            member.evidence.window.flatMap { window?.intersection($0) }
        }
    }

    package var isFresh: Bool { members.allSatisfy(\.evidence.isFresh) }

    /// Across tenants or clients a family is a mistake in the data: listed, never ended automatically.
    package var isMixed: Bool {
        members.contains {
            $0.grant.tenant != members[0].grant.tenant || $0.grant.client != members[0].grant.client
        }
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

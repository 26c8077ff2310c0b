package import Records

/// One line of a plan: what is to happen to one grant, with the evidence it rests on.
package struct PlanRow: Hashable, Sendable {
    package let grant: Grant
    package let decision: Decision
    /// Of the grant's family, as judged.
    package let lastUsedAt: Timestamp?
    package let idleSince: Timestamp?
    package let window: Window?
    package let notes: GrantNotes

    package init(grant: Grant, decision: Decision, family: Family, notes: GrantNotes = []) {
        self.grant = grant
        self.notes = notes
        self.decision = decision
        lastUsedAt = family.lastUsedAt
        idleSince = family.idleSince
        window = family.window
    }

    /// Keeps that a person should know of are in the plan's file, though not in its hash.
    package static func isListedKeep(_ decision: Decision, _ notes: GrantNotes) -> Bool {
        guard decision.action == .keep else { return false }
        if notes.areListed { return true }
        switch decision.rule {
        case .exempt, .noEvidence, .cannotRevoke, .collateral, .nobodyTold: return true
        default: return false
        }
    }

    /// The canonical line that the plan's hash covers, or, whole, the one that `--plan-out` writes.
    ///
    /// Evidence is absolute instants; nothing of the run's own time is in it, so a plan made a minute later is the
    /// same bytes. How far the use was observed is left out of what is hashed: a feed moves every hour, and a person
    /// could never approve what they saw.
    package func json(isWhole: Bool = true) -> [UInt8] {
        var writer = JSONWriter()
        write(to: &writer, isWhole: isWhole)
        return writer.bytes
    }

    /// What the plan's hash covers of a whole line; nil: nothing, the line is a keep's.
    package static func hashed(_ whole: JSONObject) -> [UInt8]? {
        guard whole["action"]?.stringValue != Decision.Action.keep.name else { return nil }
        var writer = JSONWriter()
        writer.beginObject()
        for member in whole.members where !unhashedMembers.contains(member.name) {
            guard member.name == "evidence", let evidence = member.value.objectValue else {
                writer.member(member.name, member.value)
                continue
            }
            writer.object(member.name) { writer in
                for member in evidence.members where !unhashedMembers.contains(member.name) {
                    writer.member(member.name, member.value)
                }
            }
        }
        writer.endObject()
        return writer.bytes
    }

    /// Written, and left out of the hash.
    private static let unhashedMembers: Set = ["observed_until", "notes"]

    private func write(to writer: inout JSONWriter, isWhole: Bool) {
        let use = (lastUsedAt, idleSince, window)
        Self.write(grant, decision, use, to: &writer, notes: isWhole ? notes : nil)
    }

    /// Appends the line that the plan's hash covers, of a row that is needed for nothing else.
    package static func write(
        _ grant: Grant,
        _ decision: Decision,
        of family: Family,
        to writer: inout JSONWriter
    ) {
        write(grant, decision, (family.lastUsedAt, family.idleSince, family.window), to: &writer, notes: nil)
    }

    private static func write(
        _ grant: Grant,
        _ decision: Decision,
        _ use: (lastUsedAt: Timestamp?, idleSince: Timestamp?, window: Window?),
        to writer: inout JSONWriter,
        notes: GrantNotes?
    ) {
        writer.beginObject()
        writer.member("grant", grant.key.id)
        writer.member("provider", grant.key.provider.rawValue)
        writer.member("tenant", grant.tenant.rawValue)
        writer.member("client", grant.client.rawValue)
        writer.member("action", decision.action.name)
        writer.member("rule", decision.rule.rawValue)
        writer.member("reason", decision.reason)
        writer.object("evidence") { writer in
            writer.member("standing", grant.standing.rawValue)
            writer.member("issued_at", time: grant.issuedAt.milliseconds)
            writer.time("expires_at", grant.expiresAt)
            writer.time("last_used_at", use.lastUsedAt)
            writer.time("idle_since", use.idleSince)
            writer.time("observed_from", use.window?.from)
            if notes != nil { writer.time("observed_until", use.window?.until) }
            writer.time("announced_at", grant.announcedAt)
            writer.time("counts_from", grant.clockFrom)
            writer.time("inactive_since", grant.validity.inactiveSince)
            if grant.validity.inactiveCount > 0 {
                writer.member("inactive_count", grant.validity.inactiveCount)
            }
        }
        if let notes { writer.member("notes", notes.words.map(\.rawValue)) }
        writer.endObject()
    }
}

extension JSONWriter {
    /// A time, left out where there is none.
    fileprivate mutating func time(_ name: String, _ instant: Timestamp?) {
        if let instant { member(name, time: instant.milliseconds) }
    }
}

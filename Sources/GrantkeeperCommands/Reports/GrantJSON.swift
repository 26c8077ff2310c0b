internal import Grants
internal import Records
internal import RotationWorker

/// A grant as `grants list --json` and `grants show --json` write it; never a token.
enum GrantJSON {
    static func write(_ appraisal: GrantAppraiser.Appraisal, party: Party?, to writer: inout JSONWriter) {
        let stored = appraisal.stored
        let grant = stored.grant
        writer.member("id", grant.key.id)
        writer.member("provider", grant.key.provider.rawValue)
        writer.member("tenant", grant.tenant.rawValue)
        writer.member("party", party?.rawValue)
        writer.member("client", grant.client.rawValue)
        writer.member("subject", grant.subject)
        writer.member("scopes", grant.scopes.names)
        writer.member("standing", grant.standing.rawValue)
        writer.member("last_verdict", grant.validity.lastVerdict?.name)
        writer.member("last_verdict_at", time: grant.validity.lastVerdictAt?.milliseconds)
        writer.member("unknown_why", grant.validity.unknownWhy?.rawValue)
        writer.member("unknown_since", time: grant.validity.unknownSince?.milliseconds)
        writer.member("resurfaced_at", time: grant.resurfacedAt?.milliseconds)
        writer.member("settled_at", time: grant.settledAt?.milliseconds)
        writer.member("last_used_at", time: appraisal.lastUsedAt?.milliseconds)
        writer.member("observed_from", time: appraisal.window?.from.milliseconds)
        writer.member("observed_until", time: appraisal.window?.until.milliseconds)
        writer.member("issued_at", time: grant.issuedAt.milliseconds)
        writer.member("due_at", time: stored.dueAt?.milliseconds)
        writer.object("decision") { writer in
            writer.member("action", appraisal.decision.action.name)
            writer.member("rule", appraisal.decision.rule.rawValue)
            writer.member("reason", appraisal.decision.reason)
        }
        writer.member("notes", appraisal.notes.words.map(\.rawValue))
        writer.member("effective_scopes", ScopeDrift.effective(of: grant).names)
        writer.member("exempt_until", time: grant.exemption?.until.milliseconds)
        writer.member("proof", grant.proof?.rawValue)
        writer.member("residual_until", time: grant.residualUntil?.milliseconds)
        writer.member("ended_at", time: stored.endedAt?.milliseconds)
    }
}

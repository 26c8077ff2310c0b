package import Grants
internal import Records

/// A grant as the line of a file that ``GrantImport`` reads: the export, and, of ended ones, the archive.
package enum GrantLine {
    /// A live grant; with tokens only where they are handed in.
    package static func json(
        _ grant: Grant,
        family: String?,
        tokens: [TokenKind: Secret],
        at now: Timestamp
    ) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        write(grant, family, to: &writer)
        for kind in TokenKind.allCases {
            if let token = tokens[kind] {
                writer.member(kind.rawValue, String(decoding: token.bytes, as: UTF8.self))
            }
        }
        if grant.hasRefreshToken { writer.member("has_refresh_token", true) }
        writer.member("x_exported_at", time: now.milliseconds)
        writer.endObject()
        return writer.bytes
    }

    /// An ended grant with all that is known of it; never a token.
    ///
    /// What an import does not read begins with `x_`.
    static func archived(_ stored: StoredGrant, family: String?, at now: Timestamp) -> [UInt8] {
        let grant = stored.grant
        var writer = JSONWriter()
        writer.beginObject()
        write(grant, family, to: &writer)
        if grant.hasRefreshToken { writer.member("has_refresh_token", true) }
        writer.member("x_exported_at", time: now.milliseconds)
        writer.member("x_recorded_at", time: stored.recordedAt.milliseconds)
        writer.member("x_standing", grant.standing.rawValue)
        writer.member("x_ended_at", time: stored.endedAt?.milliseconds)
        if let reference = stored.subjectReference { writer.member("x_subject_ref", reference) }
        if let family = grant.family { writer.member("x_family_ref", family) }
        if let cause = grant.cause { writer.member("x_cause", cause.rawValue) }
        if let proof = grant.proof { writer.member("x_proof", proof.rawValue) }
        let validity = grant.validity
        if let verdict = validity.lastVerdict { writer.member("x_last_verdict", verdict.name) }
        for (name, time) in [
            ("x_residual_until", grant.residualUntil), ("x_announced_at", grant.announcedAt),
            ("x_last_verdict_at", validity.lastVerdictAt), ("x_inactive_since", validity.inactiveSince),
        ] {
            if let time { writer.member(name, time: time.milliseconds) }
        }
        if let exemption = grant.exemption {
            writer.object("x_exemption") { writer in
                writer.member("owner", exemption.owner)
                writer.member("reason", exemption.reason)
                writer.member("until", time: exemption.until.milliseconds)
            }
        }
        writer.endObject()
        return writer.bytes
    }

    private static func write(_ grant: Grant, _ family: String?, to writer: inout JSONWriter) {
        writer.member("id", grant.key.id)
        writer.member("provider", grant.key.provider.rawValue)
        writer.member("tenant", grant.tenant.rawValue)
        writer.member("client", grant.client.rawValue)
        if let subject = grant.subject { writer.member("subject", subject) }
        if let role = grant.role { writer.member("role", role) }
        if let environment = grant.environment { writer.member("environment", environment) }
        writer.member("scopes", grant.scopes.names)
        if let family { writer.member("family", family) }
        if let id = grant.providerGrantID { writer.member("provider_grant_id", id) }
        writer.member("issued_at", time: grant.issuedAt.milliseconds)
        for (name, time) in [
            ("expires_at", grant.expiresAt), ("access_token_expires_at", grant.accessTokenExpiresAt),
            ("refresh_token_expires_at", grant.refreshTokenExpiresAt), ("last_used_at", grant.lastUsedAt),
            ("observed_from", grant.observedFrom), ("observed_until", grant.observedUntil),
        ] {
            if let time { writer.member(name, time: time.milliseconds) }
        }
    }
}

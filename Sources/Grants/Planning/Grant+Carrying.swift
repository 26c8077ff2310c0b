extension Grant {
    /// The grant after a decision was carried out.
    ///
    /// `announces` says that receivers enforce (`revocation: events`), so an end needs no call.
    package func carrying(_ decision: Decision, at now: Timestamp, announces: Bool) -> Grant {
        var grant = self
        switch decision.action {
        case .keep:
            break
        case .notice:
            grant.standing = .noticed
            grant.announcedAt = now
            grant.cause = decision.rule
            grant.clockFrom = nil
        case .quarantine:
            grant.standing = .quarantined
            grant.announcedAt = announcedAt ?? now
            grant.cause = decision.rule
            grant.clockFrom = nil
        case .reprieve, .restore:
            grant.standing = .active
            grant.announcedAt = nil
            grant.cause = nil
            grant.clockFrom = nil
        case .end(let end):
            grant.cause = decision.rule
            grant.clockFrom = nil
            if end.needsCall, !announces {
                grant.standing = .revoking
            } else {
                grant.standing = end.standing
                grant.proof = end.needsCall ? .announced : .observed
            }
        }
        return grant
    }
}

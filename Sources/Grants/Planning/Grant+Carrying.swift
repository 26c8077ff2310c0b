extension Grant {
    /// Becomes what it is after a decision was carried out.
    ///
    /// `announces` says that receivers enforce (`revocation: events`), so an end needs no call.
    package mutating func carry(_ decision: Decision, at now: Timestamp, announces: Bool) {
        switch decision.action {
        case .keep:
            break
        case .notice:
            standing = .noticed
            announcedAt = now
            cause = decision.rule
            clockFrom = nil
        case .quarantine:
            standing = .quarantined
            announcedAt = announcedAt ?? now
            cause = decision.rule
            clockFrom = nil
        case .reprieve, .restore:
            standing = .active
            announcedAt = nil
            cause = nil
            clockFrom = nil
        case .end(let end):
            cause = decision.rule
            clockFrom = nil
            if end.needsCall, !announces {
                standing = .revoking
            } else {
                standing = end.standing
                proof = end.needsCall ? .announced : .observed
            }
        }
    }
}

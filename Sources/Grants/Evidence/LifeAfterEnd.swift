/// What a sign of life of an ended grant means: a use, a record or an answer that contradicts the end.
///
/// It is never dropped. A sign resurfaces the grant, which is a finding until the grant has ended again, is settled by
/// a person, or begins a new life.
package enum LifeAfterEnd {
    /// Where no feed says how late its uses come.
    package static let tolerance = Duration.minutes(5)

    /// How a finding is closed.
    package enum Closing: Sendable {
        /// The grant has ended again.
        case end
        case newLife
        /// By a person, who has looked at every sign of life until then.
        case settled(at: Timestamp)
    }

    /// Whether a use with this HTTP status shows life: a refused one does not, one without a status may.
    package static func isVital(status: Int?) -> Bool { status.map { $0 < 400 } ?? true }

    /// Whether a sign of life at an instant resurfaces an ended grant: once, not what the end left time for, and not what
    /// a person has settled.
    ///
    /// `late`: how much later than it happened the sign may be dated.
    package static func resurfaces(
        _ grant: Grant,
        endedAt: Timestamp?,
        signAt: Timestamp,
        late: Duration = tolerance
    ) -> Bool {
        guard grant.standing == .expired || grant.standing == .revoked, grant.resurfacedAt == nil, let endedAt
        else { return false }
        let latest = [grant.residualUntil, grant.settledAt].compactMap(\.self).max()
        return signAt > endedAt + late && latest.map { signAt > $0 } ?? true
    }

    /// Whether a record of an ended grant begins a new life: a later consent, or a token that the grant never had, in a
    /// line that is not older than the end.
    ///
    /// `toldAt`: until when the line speaks of the grant: its `observed_until`, else its `last_used_at`, else the time of
    /// the import.
    package static func isNewLife(
        issuedAt: Timestamp,
        toldAt: Timestamp,
        hasNewToken: Bool,
        endedAt: Timestamp
    ) -> Bool {
        issuedAt > endedAt || (hasNewToken && toldAt >= endedAt)
    }

    /// Makes an ended grant live again; what was decided and answered before is over.
    ///
    /// An end by hand was meant for what lives now, too: it is found until the grant has ended again.
    package static func revive(_ grant: inout Grant, endedByHand: Bool, at now: Timestamp) {
        grant.standing = .active
        grant.validity = Validity()
        grant.announcedAt = nil
        grant.cause = nil
        grant.clockFrom = nil
        grant.proof = nil
        grant.residualUntil = nil
        grant.contradictedEnd = nil
        grant.toldScopes = nil
        grant.toldScopesKind = nil
        grant.firstSeenAt = now
        close(&grant, by: .newLife, endedByHand: endedByHand)
        if endedByHand { grant.resurfacedAt = grant.resurfacedAt ?? now }
    }

    /// Closes the finding, if it can be closed so.
    package static func close(_ grant: inout Grant, by closing: Closing, endedByHand: Bool = false) {
        switch closing {
        case .end: (grant.resurfacedAt, grant.settledAt) = (nil, nil)
        case .settled(let at): (grant.resurfacedAt, grant.settledAt) = (nil, at)
        case .newLife:
            grant.settledAt = nil
            if !endedByHand { grant.resurfacedAt = nil }
        }
    }
}

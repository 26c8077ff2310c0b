/// The periods and limits that hold for one grant, after every override was applied.
package struct PolicyValues: Hashable, Sendable {
    package enum ScopeViolation: String, Sendable { case alert, revoke }

    package var idleAfter = Duration.days(90)
    package var newGrantGrace = Duration.days(14)
    package var notice = Duration.days(7)
    package var quarantine = Duration.zero
    package var revalidateEvery = Duration.hours(24)
    package var confirmations = 2
    package var confirmAfter = Duration.minutes(15)
    package var evidenceMaxAge = Duration.days(3)
    /// nil: no limit.
    package var maxLifetime: Duration?
    package var lifetimeNotice = Duration.days(30)
    package var onScopeViolation = ScopeViolation.alert
    /// Whether rule 8 judges what the provider tells beyond the record too.
    package var onScopeDrift = ScopeViolation.alert
    /// Whether a grant that lives past its own end is announced and ended, as at the end of its lifetime.
    package var enforcesOwnEnd = false
    /// A revocation that fails is given up after this long *and* so many tries.
    package var giveUpAfter = Duration.days(3)
    package var giveUpTries = 10
    package var valve = Valve()

    /// The defaults of the configuration reference.
    package init() {}
}

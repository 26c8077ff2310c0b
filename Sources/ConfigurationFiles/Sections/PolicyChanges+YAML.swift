internal import Grants

/// A change with the place of its value.
struct PlacedChange {
    var change: PolicyChange
    var value: YAMLValue
}

extension YAMLValue {
    /// Members of ``PolicyValues`` by their names in the file, without `match`.
    static let policyMembers = [
        "idle_after", "new_grant_grace", "notice", "quarantine", "revalidate_every", "confirmations",
        "confirm_after", "evidence_max_age", "max_lifetime", "lifetime_notice", "on_scope_violation",
        "on_scope_drift", "enforce_own_end", "give_up_after", "valve",
    ]
}

extension Members {
    /// What is said about periods and limits, here in the defaults or in an override.
    func policyChanges() -> [PlacedChange] {
        var changes: [PlacedChange] = []
        func take<Value>(
            _ members: Members,
            _ name: String,
            _ read: (YAMLValue) -> Value?,
            _ change: (Value) -> PolicyChange
        ) {
            guard let value = members[name], let read = read(value) else { return }
            changes.append(PlacedChange(change: change(read), value: value))
        }
        // A period of nothing would make every grant idle, every verdict old, every feed silent.
        take(self, "idle_after", { $0.duration(mayBeZero: false) }, PolicyChange.idleAfter)
        take(self, "new_grant_grace", { $0.duration() }, PolicyChange.newGrantGrace)
        take(self, "notice", { $0.duration() }, PolicyChange.notice)
        take(self, "quarantine", { $0.duration() }, PolicyChange.quarantine)
        take(self, "revalidate_every", { $0.duration(mayBeZero: false) }, PolicyChange.revalidateEvery)
        take(self, "confirmations", { $0.integer(atLeast: 1) }, PolicyChange.confirmations)
        take(self, "confirm_after", { $0.duration() }, PolicyChange.confirmAfter)
        take(self, "evidence_max_age", { $0.duration(mayBeZero: false) }, PolicyChange.evidenceMaxAge)
        take(self, "max_lifetime", { $0.lifetime() }, { $0.change })
        take(self, "lifetime_notice", { $0.duration() }, PolicyChange.lifetimeNotice)
        take(
            self,
            "on_scope_violation",
            { $0.word(ScopeViolationWord.self) },
            { .onScopeViolation($0 == .alert ? .alert : .revoke) }
        )
        take(
            self,
            "on_scope_drift",
            { $0.word(ScopeViolationWord.self) },
            { .onScopeDrift($0 == .alert ? .alert : .revoke) }
        )
        take(self, "enforce_own_end", { $0.bool() }, PolicyChange.enforceOwnEnd)
        if let giveUp = self["give_up_after"]?.members(YAMLValue.Shape(known: ["for", "tries"])) {
            take(giveUp, "for", { $0.duration() }, PolicyChange.giveUpFor)
            take(giveUp, "tries", { $0.integer(atLeast: 1) }, PolicyChange.giveUpTries)
        }
        if let valve = self["valve"]?.members(YAMLValue.valveShape) {
            take(valve, "share", { $0.percent(mayBeZero: false) }, PolicyChange.valveShare)
            take(valve, "count", { $0.integer(atLeast: 1) }, PolicyChange.valveCount)
            take(valve, "max", { $0.integer(atLeast: 1) }, PolicyChange.valveMax)
            take(valve, "window", { $0.duration(mayBeZero: false) }, PolicyChange.valveWindow)
        }
        return changes
    }
}

extension YAMLValue {
    fileprivate static let valveShape = Shape(known: ["share", "count", "max", "window"])

    /// A whole valve; what is not said is as before.
    func valve(_ defaults: Valve) -> Valve {
        var valve = defaults
        let members = members(Self.valveShape)
        valve.sharePercent = members?["share"]?.percent(mayBeZero: false) ?? valve.sharePercent
        valve.count = members?["count"]?.integer(atLeast: 1) ?? valve.count
        valve.max = members?["max"]?.integer(atLeast: 1) ?? valve.max
        valve.window = members?["window"]?.duration(mayBeZero: false) ?? valve.window
        return valve
    }

    /// A duration, or `none` for no limit.
    fileprivate func lifetime() -> Lifetime? {
        if quietText == "none" { return Lifetime(change: .maxLifetime(nil)) }
        if isNull {
            reportType(expected: "a duration or none", hint: "write 365d, or none for no limit")
            return nil
        }
        return duration(mayBeZero: false).map { Lifetime(change: .maxLifetime($0)) }
    }
}

/// Keeps "no limit" apart from "not readable".
private struct Lifetime {
    var change: PolicyChange
}

/// The words of ``PolicyValues/ScopeViolation``, which cannot list its own.
private enum ScopeViolationWord: String, CaseIterable {
    case alert
    case revoke
}

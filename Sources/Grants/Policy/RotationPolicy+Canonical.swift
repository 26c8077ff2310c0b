internal import Records

extension RotationPolicy {
    /// The bytes whose hash names this policy: equal for policies that decide the same.
    ///
    /// Defaults, overrides in order and the total valve, in a fixed order of members; durations in
    /// milliseconds. `mode` is not in it: a dry run in observe must print the hash that enforcing the same
    /// policy has, or nobody could approve what they saw. Neither are `approveWithin`, which decides nothing
    /// about a grant, and where an override was read.
    package func canonicalJSON() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.object("default") { $0.members(of: defaults) }
            writer.array("overrides") { writer in
                for override in overrides {
                    writer.object { $0.members(of: override) }
                }
            }
            writer.object("total_valve") { $0.members(of: totalValve) }
        }
        return writer.bytes
    }
}

extension JSONWriter {
    fileprivate mutating func members(of values: PolicyValues) {
        for change in PolicyChange.all(of: values) {
            name(change.name)
            value(of: change)
        }
    }

    fileprivate mutating func members(of override: PolicyOverride) {
        object("match") { writer in
            writer.member("tenant", override.match.tenant?.rawValue)
            writer.member("party", override.match.party?.rawValue)
            writer.member("provider", override.match.provider?.rawValue)
            writer.member("client", override.match.client?.rawValue)
            writer.member("role", override.match.role)
            writer.member("environment", override.match.environment)
        }
        // The order inside one override means nothing but for the same member twice, where the last wins.
        var last: [String: PolicyChange] = [:]
        for change in override.changes {
            last[change.name] = change
        }
        object("changes") { writer in
            for change in last.values.sorted(by: { $0.name < $1.name }) {
                writer.name(change.name)
                writer.value(of: change)
            }
        }
    }

    fileprivate mutating func members(of valve: Valve) {
        member("share", valve.sharePercent)
        member("count", valve.count)
        member("max", valve.max)
        member("window", valve.window.milliseconds)
    }

    private mutating func value(of change: PolicyChange) {
        switch change {
        case .idleAfter(let value), .newGrantGrace(let value), .notice(let value), .quarantine(let value),
            .revalidateEvery(let value), .confirmAfter(let value), .evidenceMaxAge(let value),
            .lifetimeNotice(let value), .giveUpFor(let value), .valveWindow(let value):
            int(value.milliseconds)
        case .maxLifetime(let value):
            if let value { int(value.milliseconds) } else { null() }
        case .confirmations(let value), .giveUpTries(let value), .valveCount(let value), .valveMax(let value):
            int(Int64(value))
        case .valveShare(let value): double(value)
        case .onScopeViolation(let value), .onScopeDrift(let value): string(value.rawValue)
        case .enforceOwnEnd(let value): bool(value)
        }
    }
}

extension PolicyChange {
    /// Every member of the values, in the order of the configuration reference.
    fileprivate static func all(of values: PolicyValues) -> [PolicyChange] {
        [
            .idleAfter(values.idleAfter),
            .newGrantGrace(values.newGrantGrace),
            .notice(values.notice),
            .quarantine(values.quarantine),
            .revalidateEvery(values.revalidateEvery),
            .confirmations(values.confirmations),
            .confirmAfter(values.confirmAfter),
            .evidenceMaxAge(values.evidenceMaxAge),
            .maxLifetime(values.maxLifetime),
            .lifetimeNotice(values.lifetimeNotice),
            .onScopeViolation(values.onScopeViolation),
            .onScopeDrift(values.onScopeDrift),
            .enforceOwnEnd(values.enforcesOwnEnd),
            .giveUpFor(values.giveUpAfter),
            .giveUpTries(values.giveUpTries),
            .valveShare(values.valve.sharePercent),
            .valveCount(values.valve.count),
            .valveMax(values.valve.max),
            .valveWindow(values.valve.window),
        ]
    }
}

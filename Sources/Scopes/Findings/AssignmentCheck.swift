internal import Grants

/// Looks at one client after the other, and at each set of roles and setting but once.
struct AssignmentCheck {
    private let check: ScopeCheck
    private var ruledOut: [Int: [RuledOut]] = [:]
    private var broken: [[Int]: [ScopeModel.BrokenSeparation]] = [:]

    /// A need of a role that its setting forbids.
    private struct RuledOut {
        let need: Int
        let culprit: Int
        let isByParty: Bool
    }

    init(_ check: ScopeCheck) { self.check = check }

    private var model: ScopeModel { check.model }

    mutating func findings(on integration: Integration) -> [ScopeFinding] {
        let client = integration.assignment
        let tenant = model.tenantDefinitions[integration.tenant]
        let subject = ScopeFinding.Subject(tenant: integration.tenantID, client: integration.client)
        var findings: [ScopeFinding] = []
        if client.roles.isEmpty {
            findings.append(
                check.withoutRole(
                    "the client '\(integration.client)' of '\(tenant.id.value)' has no role",
                    tenant,
                    client
                )
            )
        }
        for role in client.roles where model.roles[role.value] == nil {
            var subject = subject
            subject.role = role.value
            findings.append(
                ScopeFinding(
                    .unknownRole,
                    at: role.place,
                    "there is no role '\(role.value)'",
                    why: "what it would allow is not known",
                    fix: check.nearest(role.value.rawValue, in: model.roles.names),
                    subject: subject
                )
            )
        }
        for (role, list) in zip(integration.roles, integration.allowLists) {
            findings += roleFindings(role, list, integration, subject)
        }
        findings += separationFindings(integration, subject)
        findings += RegistrationCheck(model).findings(on: integration)
        return findings
    }

    private mutating func roleFindings(
        _ role: Int,
        _ list: Int,
        _ integration: Integration,
        _ subject: ScopeFinding.Subject
    ) -> [ScopeFinding] {
        var subject = subject
        subject.role = model.roles.names[role]
        let place =
            integration.assignment.roles.first { $0.value == subject.role }?.place
            ?? integration.assignment.id.place
        let party = integration.party.rawValue
        if let parties = model.roleDefinitions[role].parties, !parties.contains(integration.party) {
            return [
                ScopeFinding(
                    .roleNotForParty,
                    at: place,
                    "the role '\(model.roles.names[role])' is not for clients of a tenant that is \(party)",
                    why: "roles.yaml gives it to \(quoted(Party.allCases.filter(parties.contains).map(\.rawValue)))"
                        + " (\(model.roleDefinitions[role].id.place))",
                    fix: ScopeFinding.Fix("give the client a role that is for \(party)", replacement: nil),
                    subject: subject
                )
            ]
        }
        return violations(of: list).map { violation in
            var subject = subject
            subject.scope = model.scopes.names[violation.need]
            return finding(violation, integration, place, subject)
        }
    }

    private func finding(
        _ violation: RuledOut,
        _ integration: Integration,
        _ place: SourcePlace,
        _ subject: ScopeFinding.Subject
    ) -> ScopeFinding {
        let need = model.scopes.names[violation.need]
        let culprit = model.scopes.names[violation.culprit]
        let definition = model.definitions[violation.culprit]
        let covering = need == culprit ? "" : " through '\(need)'"
        let source = definition.map { " (\($0.name.place))" } ?? ""
        if violation.isByParty {
            let parties = Party.allCases.filter { definition?.parties?.contains($0) ?? true }.map(\.rawValue)
            return ScopeFinding(
                .internalScopeAtSupplier,
                at: place,
                "the role '\(subject.role?.rawValue ?? "")' needs '\(culprit)'\(covering), which '\(integration.tenantID)'"
                    + " (\(integration.party.rawValue)) may not hold",
                why: "the catalogue gives '\(culprit)' to \(quoted(parties)) alone" + source,
                fix: ScopeFinding.Fix("give the client a role without '\(need)'"),
                subject: subject
            )
        }
        let environment = integration.environment.map { "in '\($0)'" } ?? "without an environment"
        let environments = (definition?.environments ?? []).sorted().map(\.rawValue)
        return ScopeFinding(
            .environmentMismatch,
            at: place,
            "the role '\(subject.role?.rawValue ?? "")' needs '\(culprit)'\(covering), which may not be held \(environment)",
            why: "the catalogue has '\(culprit)' in \(quoted(environments)) alone" + source,
            fix: ScopeFinding.Fix("give the client a role without '\(need)', or the environment that the scope is for"),
            subject: subject
        )
    }

    private mutating func violations(of number: Int) -> [RuledOut] {
        if let known = ruledOut[number] { return known }
        let list = model.allowLists[number]
        let found: [RuledOut] = model.roleNeeds[list.role].compactMap { need in
            guard !list.permitted.contains(need) else { return nil }
            for covered in [need] + Array(model.graph.closure(of: need)) {
                guard let definition = model.definitions[covered] else { continue }
                let isByParty = !definition.isPermitted(to: list.setting.party)
                guard isByParty || !definition.isPermitted(where: list.setting) else { continue }
                return RuledOut(need: need, culprit: covered, isByParty: isByParty)
            }
            return nil
        }
        ruledOut[number] = found
        return found
    }

    /// What the client's roles break together; what one of them breaks alone is said of the role.
    private mutating func separationFindings(
        _ integration: Integration,
        _ subject: ScopeFinding.Subject
    ) -> [ScopeFinding] {
        guard integration.roles.count > 1, !model.separations.isEmpty else { return [] }
        let found: [ScopeModel.BrokenSeparation]
        if let known = broken[integration.allowLists] {
            found = known
        } else {
            let alone = integration.roles.map { role in
                model.brokenSeparations(
                    able: model.graph.closure(of: model.roleNeeds[role]),
                    taking: Set(model.roleSteps[role])
                ).map(\.steps)
            }
            found = model.brokenSeparations(
                able: model.allowed(integration),
                taking: Set(integration.roles.flatMap { model.roleSteps[$0] })
            ).filter { together in
                !alone.contains { $0.contains { Set($0).isSuperset(of: together.steps) } }
            }
            broken[integration.allowLists] = found
        }
        let names = model.roles.names(of: integration.roles).map(\.rawValue)
        return found.map { separation in
            var subject = subject
            subject.steps = model.steps.names(of: separation.steps)
            let steps = quoted(subject.steps.map(\.rawValue))
            let reason = separation.rule.reason
            return ScopeFinding(
                .separationOfDuties,
                at: integration.assignment.id.place,
                "the client '\(integration.client)' of '\(integration.tenantID)' can take \(steps) together",
                why: (reason.isEmpty ? "they must never be held together" : reason)
                    + " (\(separation.rule.place)); its roles \(quoted(names)) allow it",
                fix: ScopeFinding.Fix("take one of the roles from the client"),
                subject: subject
            )
        }
    }
}

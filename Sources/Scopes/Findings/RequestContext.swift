internal import Grants

/// For whom scopes are asked for, as far as the documents know them, and what that allows.
struct RequestContext {
    private(set) var findings: [ScopeFinding] = []
    /// nil: nothing says what is allowed.
    private(set) var allowed: ScopeSet?
    /// That, if nothing were narrowed.
    private(set) var permitted = ScopeSet()
    /// What the steps, else the roles need; nil: not known.
    private(set) var needs: [Int]?
    private(set) var setting: Setting
    private(set) var provider: ProviderID?
    private(set) var subject: ScopeFinding.Subject
    /// What the allow-list follows from, for a sentence.
    private(set) var who = "the request"
    private(set) var narrowings: [Int] = []

    private let model: ScopeModel
    private let request: RequestedScopes
    private var clients: [Integration] = []

    init(_ model: ScopeModel, _ request: RequestedScopes) {
        self.model = model
        self.request = request
        provider = request.provider?.value
        setting = Setting(party: nil, environment: request.environment?.value, isAnywhere: request.environment == nil)
        subject = ScopeFinding.Subject(
            tenant: request.tenant?.value,
            client: request.client?.value,
            role: request.role?.value
        )
        let steps = knownSteps()
        let areKnown = steps.count == request.steps.count
        let isClear = resolveRole() && resolveTenant() && resolveClient() && areKnown
        if isClear { collect() }
        guard !request.steps.isEmpty else {
            if let allowed { needs = model.graph.minimalCover(of: allowed) }
            return
        }
        guard areKnown else { return }
        needs = model.graph.minimalCover(of: steps.flatMap { model.stepNeeds[$0] })
        if allowed == nil, isClear {
            allowed = model.graph.closure(of: needs ?? [])
            permitted = allowed ?? ScopeSet()
            who = "the step\(steps.count == 1 ? "" : "s") \(quoted(model.steps.names(of: steps).map(\.rawValue)))"
        }
    }

    private mutating func knownSteps() -> [Int] {
        request.steps.compactMap { step in
            if let number = model.steps[step.value] { return number }
            var subject = subject
            subject.steps = [step.value]
            findings.append(
                ScopeFinding(
                    .unknownStep,
                    at: step.place,
                    "the step '\(step.value)' is not in the workflow",
                    why: "what it needs is not known",
                    fix: model.fixForUnknown(step.value.rawValue, in: model.steps.names),
                    subject: subject
                )
            )
            return nil
        }
    }

    private mutating func resolveRole() -> Bool {
        guard let role = request.role, model.roles[role.value] == nil else { return true }
        findings.append(
            ScopeFinding(
                .unknownRole,
                at: role.place,
                "there is no role '\(role.value)'",
                why: "what it allows is not known",
                fix: model.fixForUnknown(role.value.rawValue, in: model.roles.names),
                subject: subject
            )
        )
        return false
    }

    private mutating func resolveTenant() -> Bool {
        guard let tenant = request.tenant else { return true }
        guard let number = model.tenants[tenant.value] else {
            findings.append(
                ScopeFinding(
                    .unknownTenant,
                    at: tenant.place,
                    "there is no tenant '\(tenant.value)'",
                    why: "without its document there is no policy to judge by",
                    fix: model.fixForUnknown(tenant.value.rawValue, in: model.tenants.names),
                    subject: subject
                )
            )
            return false
        }
        let definition = model.tenantDefinitions[number]
        setting.party = definition.party
        if request.environment == nil {
            setting.environment = definition.environment?.value
            setting.isAnywhere = false
        }
        clients = Array(model.integrations[model.integrationsOfTenant[number]])
        return true
    }

    private mutating func resolveClient() -> Bool {
        guard let client = request.client else { return true }
        let known = request.tenant == nil ? model.integrations : clients
        clients = known.filter {
            $0.client == client.value && (request.provider == nil || $0.provider == request.provider?.value)
        }
        guard let first = clients.first else {
            let names = Set(known.map(\.client)).sorted()
            findings.append(
                ScopeFinding(
                    .unknownClient,
                    at: client.place,
                    "there is no client '\(client.value)'" + (request.tenant.map { " of '\($0.value)'" } ?? ""),
                    why: "without its roles there is no policy to judge by",
                    fix: model.fixForUnknown(client.value.rawValue, in: names),
                    subject: subject
                )
            )
            return false
        }
        if provider == nil, clients.allSatisfy({ $0.provider == first.provider }) { provider = first.provider }
        if clients.allSatisfy({ $0.party == first.party }) { setting.party = first.party }
        if request.environment == nil {
            let isOne = clients.allSatisfy { $0.environment == first.environment }
            setting.environment = isOne ? first.environment : nil
            setting.isAnywhere = !isOne
        }
        if clients.count == 1 { subject.tenant = first.tenantID }
        return fitsEnvironment(first) && hasRole()
    }

    private mutating func fitsEnvironment(_ client: Integration) -> Bool {
        guard let environment = request.environment else { return true }
        let fitting = clients.filter { $0.environment == environment.value || $0.environment == nil }
        guard fitting.isEmpty else {
            clients = fitting
            return true
        }
        let own = client.environment?.rawValue ?? ""
        findings.append(
            ScopeFinding(
                .environmentMismatch,
                at: environment.place,
                "the client '\(client.client)' is asked for in '\(environment.value)' but runs in '\(own)'",
                why: "the tenant's document says so (\(client.assignment.id.place))",
                fix: ScopeFinding.Fix("ask with a client of '\(environment.value)', or in '\(own)'"),
                subject: subject
            )
        )
        return false
    }

    private mutating func hasRole() -> Bool {
        guard let role = request.role, let number = model.roles[role.value] else { return true }
        let having = clients.filter { $0.roles.contains(number) }
        guard having.isEmpty, let first = clients.first else {
            clients = having
            return true
        }
        let names = model.roles.names(of: first.roles)
        findings.append(
            ScopeFinding(
                .notAllowed,
                at: role.place,
                "the client '\(first.client)' does not have the role '\(role.value)'",
                why: "the tenant's document gives it \(quoted(names.map(\.rawValue))) (\(first.assignment.id.place))",
                fix: ScopeFinding.Fix("ask for a role that it has", replacement: names.first.map { [$0.rawValue] }),
                subject: subject
            )
        )
        return false
    }

    private mutating func collect() {
        let role = request.role.flatMap { model.roles[$0.value] }
        var lists: [AllowList] = []
        if request.client == nil, let role {
            lists = [model.allowList(ofRole: role, setting: setting, tenant: request.tenant?.value)]
        } else if request.client != nil || request.tenant != nil {
            for client in clients where request.client != nil || provider == nil || client.provider == provider {
                for (own, number) in zip(client.roles, client.allowLists) where role == nil || own == role {
                    lists.append(model.allowLists[number])
                }
            }
        } else {
            return
        }
        var sum = ScopeSet()
        for list in lists {
            sum.formUnion(list.allowed)
            permitted.formUnion(list.permitted)
            narrowings += list.narrowings
        }
        allowed = sum
        let names = ScopeSet(lists.map(\.role)).map { model.roles.names[$0].rawValue }
        who = names.isEmpty ? "a client without a role" : "the role\(names.count == 1 ? "" : "s") \(quoted(names))"
    }
}

import Grants
import Scopes

/// Scope documents in a few words, each name with a place of its own.
struct Sheet {
    var documents = ScopeDocuments()
    private var line = 0

    mutating func place(_ file: String = "scopes.yaml") -> SourcePlace {
        line += 1
        return SourcePlace(file: file, line: line, column: 1)
    }

    mutating func placed<Name: Identifier>(_ name: Name) -> Placed<Name> { Placed(name, at: place()) }

    mutating func placed<Name: Identifier>(_ names: [Name]) -> [Placed<Name>] {
        names.map { Placed($0, at: place()) }
    }

    mutating func scope(
        _ name: ScopeName,
        implies: [ScopeName] = [],
        parties: Set<Party>? = nil,
        environments: Set<EnvironmentID>? = nil,
        names: [ProviderID: String] = [:],
        insteadOf: [ScopeName]? = nil,
        action: String = "read",
        risk: ScopeRisk = .low
    ) {
        let family = String(name.rawValue.prefix { $0 != "." })
        var definition = ScopeDefinition(
            name: placed(name),
            description: "",
            family: family,
            action: action,
            risk: risk
        )
        definition.implies = placed(implies)
        definition.parties = parties
        definition.environments = environments
        for (provider, word) in names { definition.providerNames[provider] = Placed(word, at: place()) }
        if let insteadOf { definition.deprecation = .init(replacement: placed(insteadOf)) }
        documents.catalogue.scopes.append(definition)
    }

    mutating func blanket(_ pattern: ScopeName, _ standsFor: [ScopeName]) {
        documents.catalogue.blankets.append(Blanket(pattern: placed(pattern), standsFor: placed(standsFor)))
    }

    mutating func step(_ id: StepID, _ scopes: [ScopeName], side: WorkflowStep.Side = .buyer) {
        documents.workflow.steps.append(
            WorkflowStep(id: placed(id), side: side, description: "", scopes: placed(scopes))
        )
    }

    mutating func never(_ steps: [StepID], _ reason: String = "no one approves what they asked for") {
        documents.workflow.neverTogether.append(
            SeparationOfDuties(steps: placed(steps), reason: reason, place: place())
        )
    }

    mutating func role(_ id: RoleID, _ steps: [StepID], parties: Set<Party>? = nil) {
        documents.roles.append(Role(id: placed(id), description: "", parties: parties, steps: placed(steps)))
    }

    mutating func tenant(
        _ id: TenantID,
        _ party: Party,
        environment: EnvironmentID? = nil,
        group: IsolationGroupID? = nil
    ) {
        var tenant = TenantAssignment(id: placed(id), party: party)
        tenant.environment = environment.map { placed($0) }
        tenant.isolationGroup = group.map { placed($0) }
        documents.tenants.append(tenant)
    }

    /// Of the last tenant.
    mutating func client(
        _ id: ClientID,
        _ roles: [RoleID],
        provider: ProviderID = "idp",
        environment: EnvironmentID? = nil,
        registered: [ScopeName]? = nil,
        purpose: ClientAssignment.Purpose = .procurement
    ) {
        var client = ClientAssignment(
            id: placed(id),
            provider: placed(provider),
            roles: placed(roles),
            purpose: purpose
        )
        client.environment = environment.map { placed($0) }
        client.registered = registered.map { placed($0) }
        documents.tenants[documents.tenants.count - 1].clients.append(client)
    }

    mutating func narrow(
        _ change: Change,
        tenant: TenantID? = nil,
        client: ClientID? = nil,
        role: RoleID? = nil,
        environment: EnvironmentID? = nil
    ) {
        let kind: AllowListNarrowing.Change =
            switch change {
            case .only(let names): .only(placed(names))
            case .without(let names): .without(placed(names))
            }
        var narrowing = AllowListNarrowing(change: kind, place: place())
        narrowing.tenant = tenant.map { placed($0) }
        narrowing.client = client.map { placed($0) }
        narrowing.role = role.map { placed($0) }
        narrowing.environment = environment.map { placed($0) }
        documents.narrowings.append(narrowing)
    }

    enum Change {
        case only([ScopeName])
        case without([ScopeName])
    }

    mutating func except(
        _ finding: String,
        tenant: TenantID? = nil,
        role: RoleID? = nil,
        scope: ScopeName? = nil,
        until: Timestamp
    ) {
        var exception = ScopeException(
            finding: Placed(finding, at: place()),
            owner: "ada",
            reason: "migration",
            until: until,
            place: place()
        )
        exception.tenant = tenant.map { placed($0) }
        exception.role = role.map { placed($0) }
        exception.scope = scope.map { placed($0) }
        documents.exceptions.append(exception)
    }

    var model: ScopeModel { ScopeModel(documents) }
}

extension Sheet {
    /// A small procurement: three ticket scopes in a chain, an internal one, one for the sandbox.
    static func procurement() -> Sheet {
        var sheet = Sheet()
        sheet.scope("ticket.read", names: ["suite": "Ticket.View"])
        sheet.scope("ticket.comment", implies: ["ticket.read"], action: "write", risk: .medium)
        sheet.scope("ticket.write", implies: ["ticket.comment"], action: "write", risk: .medium)
        sheet.scope("ticket.approve", implies: ["ticket.read"], parties: [.internal], action: "approve", risk: .high)
        sheet.scope("invoice.read")
        sheet.scope("debug.reset", environments: ["sandbox"], action: "write")
        sheet.scope("ticket.note", insteadOf: ["ticket.comment"])
        sheet.blanket("ticket.*", ["ticket.read", "ticket.comment", "ticket.write"])
        sheet.step("view", ["ticket.read"])
        sheet.step("comment", ["ticket.comment"])
        sheet.step("request", ["ticket.write"])
        sheet.step("approve", ["ticket.approve"])
        sheet.step("match", ["invoice.read"])
        sheet.step("answer", ["ticket.comment"], side: .supplier)
        sheet.never(["request", "approve"])
        sheet.role("viewer", ["view"])
        sheet.role("requester", ["request", "comment"])
        sheet.role("approver", ["approve"], parties: [.internal])
        sheet.role("accountant", ["match", "view"])
        sheet.role("supplier", ["answer"], parties: [.supplier])
        sheet.tenant("hq", .internal, environment: "production")
        sheet.client("desk", ["requester", "viewer"])
        sheet.client("board", ["approver"])
        sheet.client("books", ["accountant"], provider: "suite")
        sheet.tenant("acme", .supplier, environment: "production")
        sheet.client("portal", ["supplier"])
        return sheet
    }

    func findings(
        _ requests: [RequestedScopes] = [],
        now: Timestamp = Timestamp(milliseconds: 1_000)
    ) -> [ScopeFinding] {
        ScopeCheck(model, requests: requests, now: now).report().findings
    }
}

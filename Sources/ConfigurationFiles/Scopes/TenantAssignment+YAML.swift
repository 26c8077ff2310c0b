internal import Grants
internal import Scopes

extension TenantAssignment {
    private static let shape = YAMLValue.Shape(
        known: ["id", "party", "isolation_group", "environment", "clients"],
        required: ["id", "party"]
    )

    /// A tenant, or nil after its mistakes were reported.
    init?(_ value: YAMLValue) {
        guard let members = value.members(Self.shape) else { return nil }
        let id = members["id"]?.name(TenantID.self)
        let party = members["party"]?.word(Party.self)
        let group = members["isolation_group"]?.name(IsolationGroupID.self)
        let environment = members["environment"]?.name(EnvironmentID.self)
        let clients = members["clients"]?.elements().compactMap { ClientAssignment($0) } ?? []
        guard let id, let party else { return nil }
        self.init(id: id, party: party, clients: clients)
        isolationGroup = group
        self.environment = environment
    }
}

extension ClientAssignment {
    private static let shape = YAMLValue.Shape(
        known: ["id", "provider", "roles", "environment", "registered", "purpose"],
        required: ["id", "provider", "roles"]
    )

    /// A client, or nil after its mistakes were reported.
    fileprivate init?(_ value: YAMLValue) {
        guard let members = value.members(Self.shape) else { return nil }
        let id = members["id"]?.name(ClientID.self)
        let provider = members["provider"]?.name(ProviderID.self)
        let roles = members["roles"]?.names { $0.name(RoleID.self) } ?? []
        let environment = members["environment"]?.name(EnvironmentID.self)
        let registered = members["registered"]?.names { $0.scope() }
        let purpose = members["purpose"]?.word(Purpose.self)
        guard let id, let provider else { return nil }
        self.init(id: id, provider: provider, roles: roles, purpose: purpose ?? .procurement)
        self.environment = environment
        self.registered = registered
    }
}

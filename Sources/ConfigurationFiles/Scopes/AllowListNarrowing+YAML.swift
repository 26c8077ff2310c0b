internal import Grants
internal import Scopes

extension AllowListNarrowing {
    private static let shape = YAMLValue.Shape(
        known: ["environment", "tenant", "role", "client", "only", "without", "reason"]
    )

    /// What is taken away, or nil after its mistakes were reported.
    init?(_ value: YAMLValue) {
        guard let members = value.members(Self.shape) else { return nil }
        if (members["only"] == nil) == (members["without"] == nil) {
            (members["without"] ?? value).report(
                "an entry of 'narrow' must have exactly one of 'only' and 'without'",
                hint: "'only' keeps nothing else of what is allowed, 'without' takes away"
            )
        }
        (members["only"] ?? members["without"])?.reportIfNothingIsLeft()
        let only = members["only"]?.names { $0.scope() }
        let without = members["without"]?.names { $0.scope() }
        let environment = members["environment"]?.name(EnvironmentID.self)
        let tenant = members["tenant"]?.name(TenantID.self)
        let role = members["role"]?.name(RoleID.self)
        let client = members["client"]?.name(ClientID.self)
        let reason = members["reason"]?.text()
        guard let change = only.map(Change.only) ?? without.map(Change.without) else { return nil }
        self.init(change: change, place: value.sourcePlace)
        self.environment = environment
        self.tenant = tenant
        self.role = role
        self.client = client
        self.reason = reason
    }
}

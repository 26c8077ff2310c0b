internal import Grants
internal import Records

extension AcceptedGap {
    /// A gap, or nil after its mistakes were reported.
    init?(_ value: YAMLValue) {
        let shape = YAMLValue.Shape(
            known: ["provider", "tenant", "client", "why", "owner", "reason", "until"],
            required: ["provider", "why", "owner", "reason", "until"]
        )
        guard let members = value.members(shape) else { return nil }
        let provider = members["provider"]?.reference(to: \.providers, "provider")
        let tenant = members["tenant"]?.identifier()
        let client = members["client"]?.identifier()
        let why = members["why"]?.word(Why.self)
        let owner = members["owner"]?.text()
        let reason = members["reason"]?.text()
        let until = members["until"]?.instant()
        guard let provider, let why, let owner, let reason, let until else { return nil }
        self.init(provider: ProviderID(provider), why: why, owner: owner, reason: reason, until: until)
        self.tenant = tenant.map { TenantID($0) }
        self.client = client.map { ClientID($0) }
    }
}

extension YAMLValue {
    fileprivate func instant() -> Timestamp? {
        guard let text = text() else { return nil }
        guard let instant = RFC3339.parse(text) else {
            report("'\(name)' must be an instant", hint: "write 2027-06-30T00:00:00Z")
            return nil
        }
        return Timestamp(milliseconds: instant)
    }
}

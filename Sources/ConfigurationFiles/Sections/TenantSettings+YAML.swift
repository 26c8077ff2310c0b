internal import Grants

extension TenantSettings {
    /// A tenant, or nil after its mistakes were reported.
    init?(_ value: YAMLValue) {
        let shape = YAMLValue.Shape(known: ["id", "party", "owner", "contact"], required: ["id", "party"])
        guard let members = value.members(shape) else { return nil }
        let id = members["id"]?.identifier()
        let party = members["party"]?.word(Party.self)
        let owner = members["owner"]?.text()
        let contact = members["contact"]?.text()
        guard let id, let party else { return nil }
        self.init(id: TenantID(id), party: party, owner: owner, contact: contact)
    }
}

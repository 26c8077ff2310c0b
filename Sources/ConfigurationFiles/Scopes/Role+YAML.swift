internal import Grants
internal import Scopes

extension Role {
    private static let shape = YAMLValue.Shape(
        known: ["id", "description", "parties", "steps"],
        required: ["id", "description", "steps"]
    )

    /// A role, or nil after its mistakes were reported.
    init?(_ value: YAMLValue) {
        guard let members = value.members(Self.shape) else { return nil }
        let id = members["id"]?.name(RoleID.self)
        let description = members["description"]?.text()
        let parties = members["parties"]?.parties()
        let steps = members["steps"]?.names { $0.name(StepID.self) } ?? []
        guard let id, let description else { return nil }
        self.init(id: id, description: description, parties: parties, steps: steps)
    }
}

internal import Grants
internal import Scopes

extension Workflow {
    /// The steps; what has mistakes is left out after they were reported.
    init(_ document: YAMLValue) {
        self.init()
        let shape = YAMLValue.Shape(known: ["steps", "never_together"], required: ["steps"])
        guard let members = document.members(shape) else { return }
        steps = members["steps"]?.elements().compactMap { WorkflowStep($0) } ?? []
        neverTogether = members["never_together"]?.elements().compactMap { SeparationOfDuties($0) } ?? []
    }
}

extension WorkflowStep {
    private static let shape = YAMLValue.Shape(
        known: ["id", "side", "description", "scopes"],
        required: ["id", "side", "description", "scopes"]
    )

    /// A step, or nil after its mistakes were reported.
    fileprivate init?(_ value: YAMLValue) {
        guard let members = value.members(Self.shape) else { return nil }
        let id = members["id"]?.name(StepID.self)
        let side = members["side"]?.word(Side.self)
        let description = members["description"]?.text()
        let scopes = members["scopes"]?.names { $0.scope() } ?? []
        guard let id, let side, let description else { return nil }
        self.init(id: id, side: side, description: description, scopes: scopes)
    }
}

extension SeparationOfDuties {
    private static let shape = YAMLValue.Shape(known: ["steps", "reason"], required: ["steps", "reason"])

    /// Steps to be kept apart, or nil after their mistakes were reported.
    fileprivate init?(_ value: YAMLValue) {
        guard let members = value.members(Self.shape) else { return nil }
        let steps = members["steps"]?.names { $0.name(StepID.self) }
        if let list = members["steps"], list.elementCount < 2 {
            list.report("'\(list.name)' must list two steps or more", hint: "one step alone cannot be held together")
        }
        let reason = members["reason"]?.text()
        guard let steps, let reason else { return nil }
        self.init(steps: steps, reason: reason, place: value.sourcePlace)
    }
}

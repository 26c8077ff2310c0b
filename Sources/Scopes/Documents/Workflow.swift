/// What `workflow.yaml` says: business actions and their minimal scopes.
package struct Workflow: Sendable {
    package var steps: [WorkflowStep]
    package var neverTogether: [SeparationOfDuties]

    package init(steps: [WorkflowStep] = [], neverTogether: [SeparationOfDuties] = []) {
        self.steps = steps
        self.neverTogether = neverTogether
    }
}

/// A business action and the least that it needs.
package struct WorkflowStep: Sendable {
    /// Who takes the step.
    package enum Side: String, CaseIterable, Sendable {
        case buyer, supplier
    }

    package var id: Placed<StepID>
    package var side: Side
    package var description: String
    package var scopes: [Placed<ScopeName>]

    package init(id: Placed<StepID>, side: Side, description: String, scopes: [Placed<ScopeName>]) {
        self.id = id
        self.side = side
        self.description = description
        self.scopes = scopes
    }
}

/// Steps that one client must never be able to take together.
package struct SeparationOfDuties: Sendable {
    /// Two or more.
    package var steps: [Placed<StepID>]
    package var reason: String
    package var place: SourcePlace

    package init(steps: [Placed<StepID>], reason: String, place: SourcePlace) {
        self.steps = steps
        self.reason = reason
        self.place = place
    }
}

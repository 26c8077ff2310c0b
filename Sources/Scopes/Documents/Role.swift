package import Grants

/// A named set of steps, as `roles.yaml` has it.
package struct Role: Sendable {
    package var id: Placed<RoleID>
    package var description: String
    /// Whose clients may have it; nil: everyone's.
    package var parties: Set<Party>?
    package var steps: [Placed<StepID>]

    package init(id: Placed<RoleID>, description: String, parties: Set<Party>? = nil, steps: [Placed<StepID>]) {
        self.id = id
        self.description = description
        self.parties = parties
        self.steps = steps
    }
}

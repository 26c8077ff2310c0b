/// What `providers check` found out about one provider, step by step.
package struct ProviderCheck: Hashable, Sendable {
    /// One thing that has to be right before the provider's answers can be relied on.
    package struct Step: Hashable, Sendable {
        /// Stable: `endpoints`, `made-up token`, `credentials`, `canary 1 obtained`, `canary 1 active`,
        /// `capabilities`, `clock`, `client ID`.
        package var name: String
        package var ok: Bool
        /// A sentence for people; never a secret.
        package var detail: String

        package init(name: String, ok: Bool, detail: String) {
            self.name = name
            self.ok = ok
            self.detail = detail
        }
    }

    package var steps: [Step]

    package init(steps: [Step]) {
        self.steps = steps
    }

    /// Whether every step is right.
    package var ok: Bool { steps.allSatisfy(\.ok) }
}

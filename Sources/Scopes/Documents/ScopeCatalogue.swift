package import Grants

/// What `catalogue.yaml` says: the known scopes and what implies what.
package struct ScopeCatalogue: Sendable {
    package var scopes: [ScopeDefinition]
    package var blankets: [Blanket]

    package init(scopes: [ScopeDefinition] = [], blankets: [Blanket] = []) {
        self.scopes = scopes
        self.blankets = blankets
    }
}

/// How much harm a scope can do in wrong hands.
package enum ScopeRisk: String, CaseIterable, Comparable, Sendable {
    case low, medium, high, critical

    package static func < (lhs: Self, rhs: Self) -> Bool {
        (allCases.firstIndex(of: lhs) ?? 0) < (allCases.firstIndex(of: rhs) ?? 0)
    }
}

/// A scope of the catalogue.
package struct ScopeDefinition: Sendable {
    package struct Deprecation: Hashable, Sendable {
        /// What to ask for instead; empty: nothing takes its place.
        package var replacement: [Placed<ScopeName>]
        /// Since when, as it is written there.
        package var since: String?

        package init(replacement: [Placed<ScopeName>], since: String? = nil) {
            self.replacement = replacement
            self.since = since
        }
    }

    package var name: Placed<ScopeName>
    package var description: String
    /// What it is about, such as `ticket`.
    package var family: String
    /// What it lets a holder do, such as `write`.
    package var action: String
    package var risk: ScopeRisk
    /// What a holder may do besides, without asking for it.
    package var implies: [Placed<ScopeName>] = []
    /// Where it may be held; nil: everywhere.
    package var environments: Set<EnvironmentID>?
    /// Who may ever hold it; nil: everyone.
    package var parties: Set<Party>?
    /// What providers call it that do not use ``name``.
    package var providerNames: [ProviderID: Placed<String>] = [:]
    package var deprecation: Deprecation?

    package init(name: Placed<ScopeName>, description: String, family: String, action: String, risk: ScopeRisk) {
        self.name = name
        self.description = description
        self.family = family
        self.action = action
        self.risk = risk
    }
}

/// A pattern that stands for several scopes at once, such as `ticket.*`.
package struct Blanket: Sendable {
    package var pattern: Placed<ScopeName>
    package var standsFor: [Placed<ScopeName>]
    package var description: String?

    package init(pattern: Placed<ScopeName>, standsFor: [Placed<ScopeName>], description: String? = nil) {
        self.pattern = pattern
        self.standsFor = standsFor
        self.description = description
    }
}

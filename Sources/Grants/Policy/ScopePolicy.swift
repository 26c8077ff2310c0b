/// What a scope policy is asked about: a grant, as far as its scopes are concerned.
package struct ScopeSubject: Hashable, Sendable {
    package var provider: ProviderID
    package var tenant: TenantID
    package var client: ClientID
    package var role: String?
    package var environment: String?
    package var scopes: ScopeSet

    package init(of grant: Grant) {
        provider = grant.key.provider
        tenant = grant.tenant
        client = grant.client
        role = grant.role
        environment = grant.environment
        scopes = grant.scopes
    }

    package init(of holding: Holding) {
        provider = holding.provider
        tenant = holding.tenant
        client = holding.client
        role = holding.role
        environment = holding.environment
        scopes = holding.scopes
    }
}

/// What the scope documents say of grants, as one value.
package struct ScopePolicy: Sendable {
    /// SHA-256 of what they mean, in hex: equal for documents that mean the same.
    package let hash: String
    /// What people call this state of the documents; it ends up in reasons.
    package let revision: String
    /// The documents as they were read, to be read again as long as they are in force.
    package let documents: [UInt8]
    /// Pure, and always the same for the same subject.
    package let judge: @Sendable (ScopeSubject) -> PlanningContext.ScopeJudgement
    /// Whether the catalogue has a scope, by its name at a provider.
    package let knows: @Sendable (String, ProviderID) -> Bool

    package init(
        hash: String,
        revision: String,
        documents: [UInt8],
        knows: @escaping @Sendable (String, ProviderID) -> Bool = { _, _ in false },
        judge: @escaping @Sendable (ScopeSubject) -> PlanningContext.ScopeJudgement
    ) {
        self.hash = hash
        self.revision = revision
        self.documents = documents
        self.judge = judge
        self.knows = knows
    }
}

extension ScopePolicy {
    /// This policy as long as another one waits to replace it: outside is only what is outside by both.
    ///
    /// nil: the other one is not known.
    package func agreeing(with other: ScopePolicy?) -> ScopePolicy {
        ScopePolicy(hash: hash, revision: revision, documents: documents, knows: knows) { [judge] subject in
            judge(subject).agreeing(with: other?.judge(subject))
        }
    }
}

/// The scope policy that is in force, as the store keeps it.
package struct KeptScopePolicy: Hashable, Sendable {
    package var hash: String
    package var revision: String
    package var documents: [UInt8]
    /// When it came in force.
    package var since: Timestamp

    package init(hash: String, revision: String, documents: [UInt8], since: Timestamp) {
        self.hash = hash
        self.revision = revision
        self.documents = documents
        self.since = since
    }
}

/// Where scope policies come from.
package struct ScopePolicies: Sendable {
    /// As the documents are now; nil: there are none.
    package var present: ScopePolicy?
    /// Just before the documents were read: what came in force later is newer than they are; nil: not known.
    package var readAt: Timestamp?
    /// Reads again what was kept; throws where this program cannot read it any more.
    package var reading: @Sendable (KeptScopePolicy) throws -> ScopePolicy

    package init(
        present: ScopePolicy?,
        readAt: Timestamp? = nil,
        reading: @escaping @Sendable (KeptScopePolicy) throws -> ScopePolicy
    ) {
        self.present = present
        self.readAt = readAt
        self.reading = reading
    }

    /// No documents, and no way to read any.
    package static let none = ScopePolicies(present: nil) { kept in
        throw StoreError(.other, "nothing here reads the scope documents that are in force, of \(kept.revision)")
    }
}

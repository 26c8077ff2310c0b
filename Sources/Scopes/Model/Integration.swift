internal import Grants

/// A client of a tenant with what its names stand for.
struct Integration: Sendable {
    let tenant: Int
    let tenantID: TenantID
    let client: ClientID
    let provider: ProviderID
    let party: Party
    let assignment: ClientAssignment
    /// Its own, else the tenant's.
    let environment: EnvironmentID?
    /// The known ones, as the document orders them, none twice.
    let roles: [Int]
    /// The document names a role that does not exist.
    let hasUnknownRole: Bool
    /// By position in ``roles``: a number in the model's allow-lists.
    var allowLists: [Int] = []
}

/// What a role allows in one setting.
struct AllowList: Sendable {
    let role: Int
    let setting: Setting
    /// What the narrowings of the documents that apply are, by number.
    let narrowings: [Int]
    /// The role's needs and what they cover, less what environments and parties rule out.
    let permitted: ScopeSet
    /// That, less what is narrowed: all that a scope in here covers is in here, too.
    let allowed: ScopeSet
    /// A step, a scope or a narrowing that it follows from is unknown: what it lacks proves nothing.
    let isUncertain: Bool
}

/// Whose client it is, and where it runs.
struct Setting: Hashable, Sendable {
    /// nil: not known, so nothing is ruled out for it.
    var party: Party?
    /// nil: none, so nothing that is bound to an environment may be held; see ``isAnywhere``.
    var environment: EnvironmentID?
    /// Nobody asked about an environment: nothing is ruled out for it.
    var isAnywhere = false
}

package import Grants

/// A finding that somebody answers for until a day, as `exceptions.yaml` has it.
package struct ScopeException: Sendable {
    /// The finding's rule, such as `blanket-scope`.
    package var finding: Placed<String>
    // Each nil: any.
    package var tenant: Placed<TenantID>?
    package var client: Placed<ClientID>?
    package var role: Placed<RoleID>?
    package var step: Placed<StepID>?
    package var scope: Placed<ScopeName>?
    package var owner: String
    package var reason: String
    /// Its last instant; from here on it is over, which is a finding itself.
    package var until: Timestamp
    package var place: SourcePlace

    package init(finding: Placed<String>, owner: String, reason: String, until: Timestamp, place: SourcePlace) {
        self.finding = finding
        self.owner = owner
        self.reason = reason
        self.until = until
        self.place = place
    }
}

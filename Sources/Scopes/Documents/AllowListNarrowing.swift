package import Grants

/// What `allow-lists.yaml` takes away from the allow-lists that follow from the roles; nothing can be added.
package struct AllowListNarrowing: Sendable {
    package enum Change: Sendable {
        /// Nothing but these, of what is allowed anyway.
        case only([Placed<ScopeName>])
        case without([Placed<ScopeName>])
    }

    // Each nil: of all.
    package var environment: Placed<EnvironmentID>?
    package var tenant: Placed<TenantID>?
    package var role: Placed<RoleID>?
    package var client: Placed<ClientID>?
    package var change: Change
    package var reason: String?
    package var place: SourcePlace

    package init(change: Change, place: SourcePlace) {
        self.change = change
        self.place = place
    }
}

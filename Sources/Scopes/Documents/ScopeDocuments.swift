/// All that a directory of scope documents says, as it stands there.
///
/// Well-formed, but not yet checked: a role may name a step that does not exist.
package struct ScopeDocuments: Sendable {
    package var catalogue = ScopeCatalogue()
    package var workflow = Workflow()
    package var roles: [Role] = []
    package var tenants: [TenantAssignment] = []
    package var narrowings: [AllowListNarrowing] = []
    package var exceptions: [ScopeException] = []

    package init() {}
}

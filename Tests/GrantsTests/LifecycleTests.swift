import Grants
import Testing

@Suite struct LifecycleTests {
    /// The specification's table, row by row: from, to, event.
    static let table: [(String, [String], String)] = [
        ("active", ["noticed"], "grant.noticed"),
        ("active noticed", ["quarantined"], "grant.quarantined"),
        ("noticed", ["active"], "grant.reprieved"), ("quarantined", ["active"], "grant.restored"),
        ("active noticed quarantined", ["revoking"], "grant.revoking"),
        ("active noticed quarantined revoking stuck", ["revoked"], "grant.revoked"),
        ("active noticed quarantined revoking stuck", ["expired"], "grant.expired"),
        ("revoking", ["stuck"], "grant.stuck"), ("stuck", ["revoking"], "grant.revoking"),
        ("expired revoked", ["active"], "grant.recorded"),
    ]

    @Test func `the code's table is the specification's, no row more`() {
        var rows: Set<String> = []
        for (from, to, event) in Self.table {
            for source in from.split(separator: " ") { rows.insert("\(source) \(to[0]) \(event)") }
        }
        let code = Set(Lifecycle.transitions.map { "\($0.from.rawValue) \($0.to.rawValue) \($0.event)" })
        #expect(code == rows)
    }

    @Test func `a decision the table does not allow is no transition`() {
        var grant = Grant(
            key: .init(provider: "idp", id: "g"),
            tenant: "t",
            client: "c",
            scopes: ScopeSet(["a"]),
            issuedAt: .distantPast
        )
        grant.standing = .revoked
        #expect(Lifecycle.transition(of: grant, by: Decision(.notice, .unused, "")) == nil)
        grant.standing = .noticed
        let end = Decision(.end(.init(.expired, needsCall: true)), .unused, "")
        #expect(Lifecycle.transition(of: grant, by: end)?.to == .revoking)
    }
}

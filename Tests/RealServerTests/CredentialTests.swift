import Records
import Testing

extension RealServerTests {
    @Suite("Our own secret at the server")
    struct Credentials {
        @Test
        func `A wrong client secret holds the provider and ends nothing; the right one lets it recover`() async throws {
            let rig = try #require(RunningDjango.rig)
            let gone = try await rig.clientCredentials()
            let unused = try await rig.consent(of: "u-1")
            try await scene { rig, keeper in
                try await keeper.importGrants([
                    GrantLine("gone", gone), GrantLine("used", try await rig.clientCredentials()),
                    GrantLine("used-too", try await rig.clientCredentials()),
                ])
                #expect(try await keeper.run("rotate", "--json").status == 0)
                #expect(try await keeper.show("gone")["last_verdict"]?.stringValue == "active")
                try await keeper.importGrants([GrantLine("unused", unused, subject: "u-1", lastUsed: 150)])
                try await rig.revoke(gone.access)

                var settings = KeeperSettings(issuer: rig.issuer)
                settings.rotates = false
                settings.canaryToken = try await rig.clientCredentials("canary-client").access
                settings.secret = "wrong"
                try keeper.configure(settings)
                #expect(try await keeper.run("providers", "check", "--json").status == 2)
                let asked = try await keeper.run("revalidate", "--all", "--json")
                #expect(asked.status == 69)
                let held = try asked.json["held_providers"]?.arrayValue?.first?.objectValue
                #expect(held?["provider"]?.stringValue == "idp")
                #expect(held?["why"]?.stringValue == "forbidden")
                for _ in 0..<3 {
                    try await keeper.run("revalidate", "gone")
                    let report = try await keeper.run("rotate", "--full", "--json")
                    #expect(report.status != 0)
                    #expect(try report.json["held"]?.arrayValue?.isEmpty == false)
                }
                #expect(Set(try await keeper.standings().values) == ["active"])
                #expect(try await keeper.show("gone")["inactive_count"]?.int64Value == 0)
                #expect(try await rig.requests(to: "/o/revoke_token/") == 0)
                #expect(try await rig.isActive(unused.access))

                settings.secret = "grantkeeper-secret"
                try keeper.configure(settings)
                let recovered = try await keeper.run("revalidate", "used", "--json")
                #expect(recovered.status == 0)
                #expect(try recovered.json["held_providers"]?.arrayValue?.isEmpty == true)
                let isDone = try await eventually {
                    try await keeper.run("revalidate", "gone")
                    try await keeper.run("rotate")
                    return try await keeper.standing(of: "gone") == "revoked"
                }
                #expect(isDone)
                #expect(try await keeper.standing(of: "unused") == "expired")
                #expect(try await rig.isActive(unused.access) == false)
                #expect(try await keeper.standing(of: "used") == "active")
                let types = try await keeper.run("events", "list", "--json").lines.compactMap {
                    $0["type"]?.stringValue
                }
                let ofProvider = types.filter { $0.hasPrefix("provider.") }
                #expect(ofProvider == ["provider.held", "provider.recovered"])
            }
        }
    }
}

import Records
import Testing

extension RealServerTests {
    @Suite("Ends that are carried out at the server")
    struct Revocations {
        private func line(_ outcome: Keeper.Outcome) throws -> JSONObject {
            try #require(try outcome.json["grants"]?.arrayValue?.first?.objectValue)
        }

        @Test
        func
            `A revocation by hand ends both tokens at the server, and is proven only where both can be asked`()
            async throws
        {
            try await scene { rig, keeper in
                let (tokens, other) = (try await rig.consent(of: "u-1"), try await rig.consent(of: "u-1"))
                try await keeper.importGrants([
                    GrantLine("g", tokens, subject: "u-1"), GrantLine("other", other, subject: "u-1"),
                ])
                let outcome = try await keeper.run("revoke", "g", "--reason", "supplier left", "--json")
                #expect(outcome.status == 0)
                #expect(try line(outcome)["standing"]?.stringValue == "revoked")
                // Its introspection knows access tokens only.
                #expect(try line(outcome)["proof"]?.stringValue == "acknowledged")
                #expect(try await rig.isActive(tokens.access) == false)
                #expect(try await rig.isActive(tokens.refresh ?? "") == false)
                #expect(try await rig.isActive(other.access))
                #expect(try await rig.isActive(other.refresh ?? ""))
                #expect(try await keeper.show("g")["proof"]?.stringValue == "acknowledged")
                #expect(try await keeper.events(of: "g") == ["grant.recorded", "grant.revoking", "grant.revoked"])
            }
        }

        @Test
        func `A grant that was revoked there before is told from one that we revoked`() async throws {
            try await scene { rig, keeper in
                let tokens = try await rig.clientCredentials()
                try await keeper.importGrants([GrantLine("g", tokens)])
                try await rig.revoke(tokens.access)
                let outcome = try await keeper.run("revoke", "g", "--reason", "clean up", "--json")
                #expect(try line(outcome)["proof"]?.stringValue == "already_inactive")
            }
        }

        @Test
        func `Unused grants end at the server too, used ones stay active there`() async throws {
            try await scene { rig, keeper in
                let unused = [try await rig.consent(of: "u-1"), try await rig.clientCredentials()]
                let used = [
                    try await rig.consent(of: "u-2"), try await rig.consent(of: "u-3"),
                    try await rig.clientCredentials(),
                ]
                try await keeper.importGrants([
                    GrantLine("unused-consent", unused[0], subject: "u-1", lastUsed: 150),
                    GrantLine("unused-service", unused[1], lastUsed: 150),
                    GrantLine("used-1", used[0], subject: "u-2"), GrantLine("used-2", used[1], subject: "u-3"),
                    GrantLine("used-3", used[2]),
                ])
                let plan = try await keeper.run("rotate", "--dry-run", "--json").json
                #expect(plan["counts"]?.objectValue?["end"]?.int64Value == 2)
                #expect(try await rig.requests().isEmpty)

                let report = try await keeper.run("rotate", "--json").json
                #expect(report["plan_hash"] == plan["plan_hash"])
                #expect(report["ended"]?.objectValue?["expired"]?.int64Value == 2)
                for tokens in unused {
                    #expect(try await rig.isActive(tokens.access) == false)
                    if let refresh = tokens.refresh { #expect(try await rig.isActive(refresh) == false) }
                }
                for tokens in used {
                    #expect(try await rig.isActive(tokens.access))
                    if let refresh = tokens.refresh { #expect(try await rig.isActive(refresh)) }
                }
                let standings = try await keeper.standings()
                let expired = standings.filter { $0.value == "expired" }.keys.sorted()
                #expect(expired == ["unused-consent", "unused-service"])
                #expect(try await keeper.show("unused-consent")["proof"]?.stringValue == "acknowledged")
                #expect(try await keeper.show("unused-service")["proof"]?.stringValue == "proven")
            }
        }

        @Test
        func `Revoked as another client, the server answers 200 and does nothing: the grant does not end here`()
            async throws
        {
            let foreign: (inout KeeperSettings) -> Void = { settings in
                settings.revokesForeign = true
                settings.hasClients = false
            }
            try await scene(foreign) { rig, keeper in
                let tokens = try await rig.consent(of: "u-1")
                try await keeper.importGrants([GrantLine("g", tokens, subject: "u-1")])
                let outcome = try await keeper.run("revoke", "g", "--reason", "supplier left", "--json")
                #expect(outcome.status == 2)
                #expect(try line(outcome)["standing"]?.stringValue == "revoking")
                #expect(try line(outcome)["why"]?.stringValue == "still-active")
                #expect(try line(outcome)["proof"]?.stringValue == nil)
                #expect(try await rig.requests(to: "/o/revoke_token/") > 0)
                #expect(try await rig.isActive(tokens.access))
                #expect(try await rig.isActive(tokens.refresh ?? ""))
                #expect(try await keeper.events(of: "g") == ["grant.recorded", "grant.revoking"])
            }
        }

        @Test
        func `Without the client's credentials nothing is sent, and a person is needed`() async throws {
            try await scene(\.hasClients, false) { rig, keeper in
                let tokens = try await rig.consent(of: "u-1")
                try await keeper.importGrants([GrantLine("g", tokens, subject: "u-1", lastUsed: 150)])
                let report = try await keeper.run("rotate", "--json").json
                #expect(report["refused"]?.objectValue?["cannot-revoke"]?.int64Value == 1)
                let outcome = try await keeper.run("revoke", "g", "--reason", "supplier left", "--json")
                #expect(outcome.status == 2)
                #expect(try line(outcome)["standing"]?.stringValue == "stuck")
                #expect(try line(outcome)["why"]?.stringValue == "no-credentials")
                #expect(try await rig.requests(to: "/o/revoke_token/") == 0)
                #expect(try await rig.isActive(tokens.access))
            }
        }
    }
}

import Records
import Testing

extension RealServerTests {
    @Suite("What the server says of its tokens")
    struct Verdicts {
        @Test
        func `The server is discovered and passes every check, with a foreign canary and with our own`() async throws {
            try await scene(\.canaries, [.foreign, .own]) { rig, keeper in
                let outcome = try await keeper.run("providers", "check", "--json")
                let report = try outcome.json
                #expect(outcome.status == 0)
                #expect(report["ok"]?.boolValue == true)
                #expect(report["provider"]?.stringValue == "idp")
                let steps = report["steps"]?.arrayValue?.compactMap { $0.objectValue?["name"]?.stringValue }
                #expect(steps?.isEmpty == false)
                #expect(try await rig.requests(to: "/.well-known/oauth-authorization-server/o") == 1)
                #expect(try await rig.requests(to: "/o/introspect/") > 0)
                #expect(try await rig.requests(to: "/o/revoke_token/") == 0)
            }
        }

        @Test
        func `An active access token is active, of a service and of a person's consent`() async throws {
            try await scene { rig, keeper in
                try await keeper.importGrants([
                    GrantLine("service", try await rig.clientCredentials()),
                    GrantLine("consent", try await rig.consent(of: "u-1"), subject: "u-1"),
                ])
                let outcome = try await keeper.run("revalidate", "service", "consent", "--json")
                let report = try outcome.json
                #expect(outcome.status == 0)
                #expect(report["verdicts"]?.objectValue?["active"]?.int64Value == 2)
                #expect(try await keeper.show("consent")["last_verdict"]?.stringValue == "active")
            }
        }

        @Test
        func `A token revoked at the server is found gone after the confirmations, and not before`() async throws {
            let slow: (inout KeeperSettings) -> Void = { ($0.confirmAfter, $0.rotates) = ("1h", false) }
            try await scene(slow) { rig, keeper in
                let tokens = try await rig.clientCredentials()
                try await keeper.importGrants([GrantLine("g", tokens)])
                #expect(try await keeper.verdict(on: "g") == "active")
                try await rig.revoke(tokens.access)
                for _ in 0..<2 { #expect(try await keeper.verdict(on: "g") == "inactive") }
                try await keeper.run("rotate")
                let early = try await keeper.show("g")
                #expect(early["standing"]?.stringValue == "active")
                #expect(early["inactive_count"]?.int64Value == 2)

                var settings = KeeperSettings(issuer: rig.issuer)
                settings.rotates = false
                settings.canaryToken = try await rig.clientCredentials("canary-client").access
                try keeper.configure(settings)
                let isGone = try await eventually {
                    try await keeper.run("revalidate", "g")
                    try await keeper.run("rotate")
                    return try await keeper.standing(of: "g") == "revoked"
                }
                #expect(isGone)
                #expect(try await keeper.show("g")["proof"]?.stringValue == "observed")
                let events = try await keeper.run("events", "list", "--type", "grant.revoked", "--json").lines
                #expect(events.count == 1)
                #expect(events.first?["rule"]?.stringValue == "gone-at-provider")
                #expect(try await rig.requests(to: "/o/revoke_token/") == 0)
            }
        }

        @Test
        func `With our own client's canary alone, inactive counts only beside a grant that is active`() async throws {
            let own: (inout KeeperSettings) -> Void = { ($0.canaries, $0.rotates) = ([.own], false) }
            try await scene(own) { rig, keeper in
                let (ended, live) = (try await rig.clientCredentials(), try await rig.clientCredentials())
                try await keeper.importGrants([GrantLine("ended", ended), GrantLine("live", live)])
                #expect(try await keeper.verdict(on: "ended") == "active")
                try await rig.revoke(ended.access)
                #expect(try await keeper.verdict(on: "ended") == "unknown(no-control)")
                #expect(try await keeper.verdict(on: "live") == "active")
                #expect(try await keeper.verdict(on: "ended") == "inactive")
            }
        }

        @Test(arguments: [false, true])
        func `Live refresh tokens that the server calls inactive end nothing, in any number of runs`(hasCanary: Bool)
            async throws
        {
            let rig = try #require(RunningDjango.rig)
            let good = try await rig.consent(of: "u-9")
            let lie: (inout KeeperSettings) -> Void = { settings in
                settings.introspects = "access_token, refresh_token"
                if hasCanary { settings.canaries.append(.refreshToken(good.refresh ?? "")) }
            }
            try await scene(lie) { rig, keeper in
                let tokens = [try await rig.consent(of: "u-1"), try await rig.consent(of: "u-2")]
                try await keeper.importGrants([
                    GrantLine("g-1", tokens[0], subject: "u-1"), GrantLine("g-2", tokens[1], subject: "u-2"),
                ])
                let why = hasCanary ? "unknown(canary)" : "unknown(no-canary)"
                for _ in 0..<3 {
                    #expect(try await keeper.verdict(on: "g-1") == why)
                    let outcome = try await keeper.run("rotate", "--full", "--json")
                    #expect(try outcome.json["ended"]?.objectValue?["revoked"]?.int64Value == 0)
                }
                #expect(try await keeper.standings() == ["g-1": "active", "g-2": "active"])
                #expect(try await keeper.show("g-1")["inactive_count"]?.int64Value == 0)
                #expect(try await rig.requests(to: "/o/revoke_token/") == 0)
                for token in tokens { #expect(try await rig.isActive(token.refresh ?? "")) }
            }
        }

        @Test
        func `A person's consent whose tokens were revoked there stays: its refresh token cannot be asked about`()
            async throws
        {
            try await scene { rig, keeper in
                let tokens = try await rig.consent(of: "u-1")
                try await keeper.importGrants([GrantLine("g", tokens, subject: "u-1")])
                try await rig.revoke(tokens.access)
                for _ in 0..<3 {
                    #expect(try await keeper.verdict(on: "g") == "unknown(access-token-only)")
                    try await keeper.run("rotate")
                }
                #expect(try await keeper.standing(of: "g") == "active")
            }
        }
    }
}

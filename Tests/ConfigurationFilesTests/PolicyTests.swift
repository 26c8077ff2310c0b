import ConfigurationFiles
import Grants
import Testing

@Suite struct `Rotation, feeds and sinks` {
    @Test func `every member of the policy is read`() throws {
        let text =
            base + """
                rotation:
                  mode: enforce
                  default:
                    idle_after: 60d
                    new_grant_grace: 1w
                    notice: 3d
                    quarantine: 12h
                    revalidate_every: 6h
                    confirmations: 3
                    confirm_after: 30m
                    evidence_max_age: 2d
                    max_lifetime: 365d
                    lifetime_notice: 20d
                    on_scope_violation: revoke
                    on_scope_drift: revoke
                    enforce_own_end: true
                    give_up_after: { for: 1d, tries: 4 }
                    valve: { share: 2.5%, count: 3, max: 40, window: 12h }
                  overrides:
                    - match: { tenant: acme, party: supplier, provider: idp, client: portal, role: r, environment: e }
                      max_lifetime: none
                    - match: { party: supplier }
                      valve: { count: 2 }
                      give_up_after: { tries: 9 }
                  total_valve: { share: 1%, count: 7 }
                  approve_within: 8h
                sinks:
                  - { id: a, type: exec, command: [bin/tell, "", -v], notifies: true, enforces: true }
                  - { id: b, type: file, path: out.ndjson }
                """
        let configuration = try parsed(text)
        let policy = configuration.settings.policy
        var values = PolicyValues()
        values.idleAfter = .days(60)
        values.newGrantGrace = .days(7)
        values.notice = .days(3)
        values.quarantine = .hours(12)
        values.revalidateEvery = .hours(6)
        values.confirmations = 3
        values.confirmAfter = .minutes(30)
        values.evidenceMaxAge = .days(2)
        values.maxLifetime = .days(365)
        values.lifetimeNotice = .days(20)
        values.onScopeViolation = .revoke
        values.onScopeDrift = .revoke
        values.enforcesOwnEnd = true
        values.giveUpAfter = .days(1)
        values.giveUpTries = 4
        values.valve.sharePercent = 2.5
        values.valve.count = 3
        values.valve.max = 40
        values.valve.window = .hours(12)
        #expect(policy.mode == .enforce)
        #expect(policy.defaults == values)
        var match = PolicyMatch()
        match.tenant = "acme"
        match.party = .supplier
        match.provider = "idp"
        match.client = "portal"
        match.role = "r"
        match.environment = "e"
        #expect(
            policy.overrides.first
                == PolicyOverride(match: match, changes: [.maxLifetime(nil)], source: "overrides[0]")
        )
        #expect(policy.overrides.last?.changes == [.giveUpTries(9), .valveCount(2)])
        #expect(
            policy.totalValve.sharePercent == 1 && policy.totalValve.count == 7
                && policy.totalValve.max == 1_000
        )
        #expect(policy.approveWithin == .hours(8))
        var exec = SinkSettings(id: "a", kind: .exec(command: ["/c/bin/tell", "", "-v"]))
        exec.notifies = true
        exec.enforces = true
        #expect(
            configuration.settings.sinks == [exec, SinkSettings(id: "b", kind: .file(path: "/c/out.ndjson"))]
        )
        #expect(configuration.warnings.isEmpty)
    }

    @Test func `without rotation the defaults of the reference hold`() throws {
        #expect(try parsed(base).settings.policy == RotationPolicy())
        #expect(
            try parsed(base + "rotation:\n  default:\n  overrides:\nfeeds:\nsinks:\n").settings.policy
                == RotationPolicy()
        )
    }

    @Test(arguments: ["client: portal", "role: requester", "environment: test"])
    func `a valve for less than a tenant at a provider is refused, and why`(match: String) {
        let text = base + "rotation:\n  overrides:\n    - match: { \(match) }\n      valve: { count: 1 }\n"
        #expect(
            problems(text) == [
                "11:14 'rotation.overrides[0].valve' cannot hold for one client, role or environment: "
                    + "the valve counts all ends of a tenant at a provider together"
            ]
        )
    }

    @Test(arguments: [
        (
            "- match: {}\n      notice: 0s",
            "10:14 'rotation.overrides[0].match' names nothing, so it would match every grant"
        ),
        ("- match: { party: supplier }", "10:7 'rotation.overrides[0]' changes nothing"),
        ("- notice: 0s", "10:7 'rotation.overrides[0]' lacks 'match'"),
        (
            "- match: { tenant: amce }\n      notice: 0s",
            "10:24 'rotation.overrides[0].match.tenant' names the tenant 'amce', which is not in 'tenants'"
        ),
        (
            "- match: { provider: ipd }\n      notice: 0s",
            "10:26 'rotation.overrides[0].match.provider' names the provider 'ipd', which is not in 'providers'"
        ),
        (
            "- match: { party: suplier }\n      notice: 0s",
            "10:23 'rotation.overrides[0].match.party' must be internal, supplier or partner, found 'suplier'"
        ),
        (
            "- match: { party: supplier }\n      quarantine: 1h",
            "11:19 'rotation.overrides[0].quarantine' is more than 0s, but no sink has 'enforces: true', "
                + "so nobody would refuse a quarantined grant"
        ),
    ])
    func `an override's mistake is told with its place`(override: String, expected: String) {
        #expect(problems(base + "rotation:\n  overrides:\n    \(override)\n") == [expected])
    }

    @Test func `a quarantine needs a sink that enforces`() throws {
        let text = base + "rotation: { default: { quarantine: 1h } }\n"
        #expect(
            problems(text) == [
                "8:36 'rotation.default.quarantine' is more than 0s, but no sink has 'enforces: true', "
                    + "so nobody would refuse a quarantined grant"
            ]
        )
        let sink = "sinks: [{ id: a, type: file, path: x, enforces: true }]\n"
        #expect(try parsed(text + sink).settings.policy.defaults.quarantine == .hours(1))
    }

    @Test func `a notice that nobody is told is a warning where it is enforced`() throws {
        let given = try parsed(base + "rotation: { mode: enforce, default: { notice: 1d } }\n")
        #expect(given.warnings.map(\.line) == [8] && given.warnings.map(\.column) == [47])
        let byDefault = try parsed(base + "rotation: { mode: enforce }\n").warnings
        #expect(byDefault.map(\.column) == [19])
        #expect(byDefault.first?.message.contains("'rotation.default.notice' is 7d by default") == true)
        #expect(try parsed(base + "rotation: { mode: enforce, default: { notice: 0s } }\n").warnings.isEmpty)
        #expect(try parsed(base + "rotation: { default: { notice: 1d } }\n").warnings.isEmpty)
        let sink = "sinks: [{ id: a, type: file, path: x, notifies: true }]\n"
        #expect(try parsed(base + sink + "rotation: { mode: enforce }\n").warnings.isEmpty)
    }

    @Test func `a client that is probably misspelt in an override is a warning`() throws {
        let text =
            base + """
                clients: [{ id: supplier-portal, provider: idp, secret: { env: A } }]
                rotation:
                  overrides:
                    - { match: { client: suplier-portal }, notice: 0s }
                    - { match: { client: desk }, notice: 0s }
                """
        let warnings = try parsed(text).warnings
        #expect(warnings.map(\.line) == [11])
        #expect(warnings.map(\.hint) == ["did you mean 'supplier-portal'?"])
    }

    @Test(arguments: ["Mu\u{308}ller", "a\u{200B}b", "U\u{212A}"])
    func `a name that only looks like another, or has what cannot be seen, is refused`(name: String) {
        let found = problems(base + "  - { id: \"\(name)\", party: supplier }\n")
        #expect(found.count == 1 && found.first?.contains("'tenants[1].id': the name") == true, "\(found)")
    }

    @Test func `a feed is read with its coverage`() throws {
        let text =
            base + """
                feeds:
                  - { id: gateway, covers: [{ provider: idp, tenants: [acme], clients: [any] }, { provider: idp }], late: 2h, max_age: 1d, max_unmapped: 0%, max_unreadable: 3, on_unreadable: gap, ignore: { subjects: [probe] } }
                """
        var feed = FeedSettings(
            id: "gateway",
            covers: [.init(provider: "idp", tenants: ["acme"], clients: ["any"]), .init(provider: "idp")]
        )
        feed.late = .hours(2)
        feed.maxAge = .days(1)
        feed.maxUnmappedPercent = 0
        feed.maxUnreadable = 3
        feed.onUnreadable = .gap
        feed.ignoredSubjects = ["probe"]
        #expect(try parsed(text).settings.feeds == [feed])
    }

    @Test(arguments: [
        (
            "feeds: [{ id: f, covers: [{ provider: x }] }]",
            "8:39 'feeds[0].covers[0].provider' names the provider 'x', which is not in 'providers'"
        ),
        (
            "feeds: [{ id: f, covers: [{ provider: idp, tenants: [b] }] }]",
            "8:54 'feeds[0].covers[0].tenants[0]' names the tenant 'b', which is not in 'tenants'"
        ),
        (
            "feeds: [{ id: f, covers: [{ provider: idp, tenants: [] }] }]",
            "8:53 'feeds[0].covers[0].tenants' is empty, so nothing is left"
        ),
        ("feeds: [{ id: f, covers: [] }]", "8:26 'feeds[0].covers' is empty, so the feed covers nothing"),
        (
            "feeds: [{ id: import, covers: [{ provider: idp }] }]",
            "8:15 'import' is the feed that grant records are taken for"
        ),
        (
            "feeds: [{ id: f, covers: [{ provider: idp }], max_unmapped: 120% }]",
            "8:61 'feeds[0].max_unmapped' must be from 0% to 100%, found '120%'"
        ),
        (
            "clients: [{ id: c, provider: x, secret: { env: A } }]",
            "8:30 'clients[0].provider' names the provider 'x', which is not in 'providers'"
        ),
        ("sinks: [{ id: s, type: file }]", "8:9 'sinks[0]' lacks 'path', which a sink of type file needs"),
        (
            "sinks: [{ id: s, type: exec, command: [a], path: b }]",
            "8:50 'sinks[0].path' belongs to sinks of type file"
        ),
        (
            "sinks: [{ id: s, type: exec, command: a b }]",
            "8:39 'sinks[0].command' must be a list, not a text"
        ),
        ("sinks: [{ id: s, type: exec, command: [] }]", "8:39 'sinks[0].command' names no program"),
        ("sinks: [{ id: s, type: http }]", "8:24 'sinks[0].type' must be file or exec, found 'http'"),
        ("sinks: { id: s }", "8:8 'sinks' must be a list, not a mapping"),
    ])
    func `a mistake is told with its place`(text: String, expected: String) {
        #expect(problems(base + text + "\n") == [expected])
    }

    @Test func `a provider with another mistake is known all the same`() {
        let text =
            base.replacing("https://idp.example.com", with: "nonsense")
            + "feeds: [{ id: f, covers: [{ provider: idp }] }]\n"
        #expect(problems(text) == ["4:13 'providers[0].issuer' must be a URL that begins with https://"])
    }
}

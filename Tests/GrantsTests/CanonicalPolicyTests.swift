import Grants
import Testing

@Suite struct `The policy's canonical bytes` {
    static func text(_ policy: RotationPolicy) -> String {
        String(decoding: policy.canonicalJSON(), as: UTF8.self)
    }

    static func text(_ change: (inout RotationSettings) -> Void) -> String {
        var settings = settings
        change(&settings)
        return String(decoding: settings.canonicalPolicyJSON(), as: UTF8.self)
    }

    static let settings: RotationSettings = {
        var settings = RotationSettings()
        for id in ["a", "b"] {
            let client = ClientSettings(id: "us", provider: ProviderID(id), secret: .environment("S"))
            settings.providers.append(
                ProviderSettings(id: ProviderID(id), issuer: "https://\(id)", client: client)
            )
            settings.clients.append(
                ClientSettings(id: "c", provider: ProviderID(id), secret: .environment("S"))
            )
            settings.tenants.append(TenantSettings(id: TenantID(id), party: .supplier))
            settings.sinks.append(SinkSettings(id: id, kind: .file(path: id)))
        }
        settings.feeds = [
            FeedSettings(
                id: "f",
                covers: [.init(provider: "a", tenants: ["b", "a"]), .init(provider: "b")]
            ),
            FeedSettings(id: "e", covers: [.init(provider: "a")]),
        ]
        return settings
    }()

    @Test func `are these for the defaults`() {
        #expect(
            Self.text(RotationPolicy())
                == #"{"default":{"idle_after":7776000000,"new_grant_grace":1209600000,"notice":604800000,"#
                + #""quarantine":0,"revalidate_every":86400000,"confirmations":2,"confirm_after":900000,"#
                + #""evidence_max_age":259200000,"max_lifetime":null,"lifetime_notice":2592000000,"#
                + #""on_scope_violation":"alert","on_scope_drift":"alert","enforce_own_end":false,"give_up_after.for":259200000,"give_up_after.tries":10,"#
                + #""valve.share":10,"valve.count":10,"valve.max":1000,"valve.window":86400000},"overrides":[],"#
                + #""total_valve":{"share":5,"count":50,"max":1000,"window":86400000}}"#
        )
    }

    @Test func `do not know the mode, how long a plan may be approved, and where an override was read`() {
        var match = PolicyMatch()
        match.party = .supplier
        var policy = RotationPolicy()
        policy.overrides = [
            PolicyOverride(
                match: match,
                changes: [.notice(.zero), .idleAfter(.days(1))],
                source: "overrides[0]"
            )
        ]
        var same = policy
        same.mode = .enforce
        same.approveWithin = .hours(1)
        same.overrides = [
            PolicyOverride(
                match: match,
                changes: [.idleAfter(.days(1)), .notice(.zero)],
                source: "elsewhere"
            )
        ]
        #expect(Self.text(policy) == Self.text(same))
    }

    @Test func `know the overrides' order`() {
        var supplier = PolicyMatch()
        supplier.party = .supplier
        var acme = PolicyMatch()
        acme.tenant = "acme"
        var policy = RotationPolicy()
        policy.overrides = [
            PolicyOverride(match: supplier, changes: [.notice(.zero)], source: ""),
            PolicyOverride(match: acme, changes: [.notice(.days(1))], source: ""),
        ]
        let before = Self.text(policy)
        policy.overrides.reverse()
        #expect(Self.text(policy) != before)
    }

    @Test(arguments: [
        PolicyChange.idleAfter(.days(1)), .newGrantGrace(.days(1)), .notice(.days(1)), .quarantine(.days(1)),
        .revalidateEvery(.days(2)), .confirmations(9), .confirmAfter(.days(1)), .evidenceMaxAge(.days(1)),
        .maxLifetime(.days(1)), .lifetimeNotice(.days(1)), .onScopeViolation(.revoke), .onScopeDrift(.revoke),
        .enforceOwnEnd(true), .giveUpFor(.days(1)),
        .giveUpTries(1), .valveShare(1), .valveCount(1), .valveMax(1), .valveWindow(.days(2)),
    ])
    func `know every value`(change: PolicyChange) {
        var policy = RotationPolicy()
        change.apply(to: &policy.defaults)
        #expect(Self.text(policy) != Self.text(RotationPolicy()))
    }

    @Test func `of all settings do not know the order of lists, addresses and secrets`() {
        let same = Self.text { settings in
            settings.providers.reverse()
            settings.clients.reverse()
            settings.tenants.reverse()
            settings.feeds.reverse()
            settings.sinks.reverse()
            settings.feeds[1].covers.reverse()
            settings.feeds[1].covers[1].tenants?.reverse()
            settings.providers[0].issuer = "https://elsewhere"
            // A gate that comes after the hashes.
            settings.providers[0].clock = .trusted
            settings.providers[0].client.secret = .credential("x")
            settings.tenants[0].owner = "o"
        }
        #expect(same == Self.text { _ in })
    }

    @Test func `of all settings know what can change a decision`() {
        let changed: Set<String> = [
            Self.text { _ in },
            Self.text { $0.policy.defaults.notice = .zero },
            Self.text { $0.providers[0].revocation = .events },
            Self.text { $0.providers[0].capabilities.introspects = [] },
            Self.text { $0.providers[0].capabilities.revokes = [] },
            Self.text { $0.providers[0].capabilities.revokesForeign = true },
            Self.text { $0.providers[0].capabilities.revocationReaches = .grant },
            Self.text { $0.providers[0].capabilities.rotatesRefreshTokens = false },
            Self.text { $0.providers[0].ignoredScopes = ScopeSet(["openid"]) },
            Self.text { $0.providers[0].client.id = "other" },
            Self.text { $0.clients.removeLast() },
            Self.text { $0.tenants[0].party = .internal },
            Self.text { $0.feeds[0].covers[0].tenants = nil },
            Self.text { $0.feeds[0].covers[0].clients = ["c"] },
            Self.text { $0.feeds[0].late = .zero },
            Self.text { $0.feeds[0].maxAge = .zero },
            Self.text { $0.feeds[0].maxUnmappedPercent = 1 },
            Self.text { $0.feeds[0].maxUnreadable = 1 },
            Self.text { $0.feeds[0].onUnreadable = .gap },
            Self.text { $0.feeds[0].ignoredSubjects = ["u"] },
            Self.text { $0.sinks[0].notifies = true },
            Self.text { $0.sinks[0].enforces = true },
        ]
        #expect(changed.count == 22)
    }
}

import GrantkeeperCommands
import Grants
import Testing

/// What `doctor` says of `docs/ending-unused-grants.md`.
@Suite struct DisuseReadinessTests {
    private static let now = Timestamp(milliseconds: 1_795_478_400_000)

    private static func settings() -> RotationSettings {
        var settings = RotationSettings()
        settings.policy.mode = .enforce
        settings.policy.defaults.quarantine = .days(1)
        let own = ClientSettings(id: "grantkeeper", provider: "idp", secret: .file("none"))
        settings.providers = [ProviderSettings(id: "idp", issuer: "https://idp.example", client: own)]
        settings.clients = [ClientSettings(id: "portal", provider: "idp", secret: .file("none"))]
        settings.feeds = [FeedSettings(id: "gateway", covers: [.init(provider: "idp")])]
        var sink = SinkSettings(id: "owners", kind: .file(path: "none"))
        sink.notifies = true
        sink.enforces = true
        settings.sinks = [sink]
        return settings
    }

    private static func missing(
        observed: DisuseReadiness.Observed = ["gateway": now - .hours(3)],
        _ change: (inout RotationSettings) -> Void = { _ in }
    ) -> [String] {
        var settings = settings()
        change(&settings)
        return DisuseReadiness(settings, observed: observed, now: now).lines.filter { !$0.ok }.map(\.name)
    }

    @Test func `an installation that ends what is unused has nothing missing`() {
        #expect(Self.missing().isEmpty)
    }

    @Test func `each line names what is missing for unused grants to end`() {
        #expect(Self.missing { $0.policy.mode = .observe } == ["mode"])
        #expect(Self.missing { $0.feeds = [] } == ["evidence of idp"])
        #expect(Self.missing { $0.feeds[0].covers = [.init(provider: "other")] } == ["evidence of idp"])
        #expect(Self.missing(observed: [:]) == ["feed gateway"])
        #expect(Self.missing(observed: ["gateway": Self.now - .days(4)]) == ["feed gateway"])
        #expect(Self.missing { $0.feeds[0].late = .hours(49) } == ["feed gateway"])
        #expect(Self.missing { $0.sinks[0].notifies = false } == ["notice"])
        #expect(Self.missing { $0.sinks[0].enforces = false } == ["quarantine"])
        #expect(Self.missing { $0.clients = [] } == ["revocation at idp"])
        #expect(Self.missing { $0.providers[0].capabilities.revokes = [] } == ["revocation at idp"])
    }

    @Test func `what is not asked for is not missing`() {
        #expect(
            Self.missing {
                $0.policy.defaults.notice = .zero
                $0.sinks[0].notifies = false
            }.isEmpty
        )
        #expect(
            Self.missing {
                $0.policy.defaults.quarantine = .zero
                $0.sinks[0].enforces = false
            }.isEmpty
        )
        #expect(
            Self.missing {
                $0.clients = []
                $0.providers[0].capabilities.revokesForeign = true
            }.isEmpty
        )
        #expect(
            Self.missing {
                $0.clients = []
                $0.providers[0].revocation = .events
            }.isEmpty
        )
    }
}

import Grants
import Records
import RotationWorker
import Testing

@testable import GrantkeeperCommands

/// What a reload keeps of the connections to providers.
@Suite(.serialized) struct ReloadTests {
    private static let provider = ProviderID("idp")

    private func withWorker(
        _ configure: (inout Setup) -> Void = { _ in },
        _ body: (Scenario, LiveSession, () throws -> Void) async throws -> Void
    ) async throws {
        try await withScenario(configure) { scenario in
            let environment = scenario.environment(CapturedText(), CapturedText())
            var options = CommonOptions()
            options.config = scenario.path("grantkeeper.yaml")
            try await Session.live(environment, options, .providers) { live in
                try await body(scenario, live) {
                    live.replace(with: try live.current.reloaded(environment, options), [])
                }
            }
        }
    }

    private func introspections(_ scenario: Scenario) async throws -> Int {
        try await scenario.sandbox.statistics().int("endpoints.introspect.requests") ?? 0
    }

    @Test func `a pause that a provider asked for is kept over a reload of other settings`() async throws {
        try await withWorker { scenario, live, reload in
            try await scenario.sandbox.fail(#"{"status":429,"retry_after":"60","endpoints":["introspect"]}"#)
            let ask = {
                _ = await live.current.rotation.providers[Self.provider]?.introspect(Secret("x"), kind: .accessToken)
            }
            await ask()
            let asked = try await introspections(scenario)
            #expect(asked > 0)
            try scenario.configure {
                $0.mode = "observe"
                $0.tenants = ["acme", "globex"]
            }
            try reload()
            #expect(live.current.rotation.settings.policy.mode == .observe)
            await ask()
            let after = try await introspections(scenario)
            #expect(after == asked)
        }
    }

    @Test(arguments: [true, false])
    func `a provider or a client that has changed gets a connection of its own, and the old one ends`(
        isClient: Bool
    ) async throws {
        try await withWorker { scenario, live, reload in
            weak let old = live.current.connections.provider(Self.provider)
            #expect(old != nil)
            try scenario.configure {
                if isClient { $0.clients.removeLast() } else { $0.limits = "requests_per_second: 5, in_flight: 2" }
            }
            try reload()
            #expect(old == nil)
            #expect(live.current.connections.provider(Self.provider) != nil)
        }
    }

    @Test func `a file of authorities that was replaced is read again`() async throws {
        let other = ProviderID("other")
        try await withWorker {
            $0.otherProviders = [
                "{ id: other, issuer: 'https://as.example', ca_file: erp-sync.secret, "
                    + "client: { id: keeper, secret: { file: grantkeeper.secret } } }"
            ]
        } _: { scenario, live, reload in
            let before = live.current.connections.provider(other)
            try reload()
            #expect(live.current.connections.provider(other) === before)
            try scenario.write("erp-sync.secret", "another one")
            try reload()
            #expect(live.current.connections.provider(other) !== before)
        }
    }

    @Test func `a run that goes on keeps the connection it began with`() async throws {
        try await withWorker { scenario, live, reload in
            let running = live.current
            try scenario.configure { $0.limits = "requests_per_second: 5, in_flight: 2" }
            try reload()
            let answer = await running.rotation.providers[Self.provider]?.introspect(Secret("x"), kind: .accessToken)
            #expect(answer?.outcome == .inactive)
        }
    }

    @Test func `a secret that cannot be read keeps what was in force`() async throws {
        try await withWorker { scenario, live, reload in
            let before = live.current.connections.provider(Self.provider)
            try scenario.configure { $0.mode = "observe" }
            try scenario.write("erp-sync.secret", "")
            #expect(throws: (any Error).self) { try reload() }
            #expect(live.current.rotation.settings.policy.mode == .enforce)
            #expect(live.current.connections.provider(Self.provider) === before)
        }
    }
}

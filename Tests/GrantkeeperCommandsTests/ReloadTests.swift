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

    @Test func `the worker judges by the scope documents as they are at each run`() async throws {
        try await withWorker {
            $0.tenants = ["acme"]
            $0.policy = ["notice": "7d", "on_scope_violation": "revoke"]
            $0.sinks = [Setup.owners]
        } _: { scenario, _, _ in
            func write(_ step: String) throws {
                try scenario.document(
                    "catalogue",
                    """
                    scopes:
                      - { name: ticket.read, description: Sees, family: ticket, action: read, risk: low }
                      - { name: ticket.write, description: Writes, family: ticket, action: write, risk: low }
                    """
                )
                try scenario.document(
                    "workflow",
                    "steps: [{ id: do, side: supplier, description: Does, scopes: [\(step)] }]"
                )
                try scenario.document("roles", "roles: [{ id: doer, description: Does, steps: [do] }]")
                try scenario.document(
                    "tenants",
                    """
                    tenants:
                      - id: acme
                        party: supplier
                        clients: [{ id: supplier-portal, provider: idp, roles: [doer] }]
                    """
                )
            }
            try write("ticket.write")
            try await scenario.grants([.used("g") { $0.scopes = "ticket.read" }])
            let environment = scenario.environment(CapturedText(), CapturedText())
            var options = CommonOptions()
            options.config = scenario.path("grantkeeper.yaml")
            try await Session.live(environment, options, .providers) { live in
                // Corrected before the worker's run, and before it was told.
                try write("ticket.read")
                let session = live.current
                let lock = try await session.store.lock(ExpiryJob.name, owner: environment.actor, at: scenario.now)
                let job = JobExecution(
                    session: session,
                    environment: environment,
                    selection: GrantSelection(),
                    run: 1,
                    lock: lock,
                    begun: scenario.now,
                    budget: nil,
                    metrics: WorkerMetrics()
                )
                let result = try await job.perform(.expire)
                try await session.store.unlock(lock)
                #expect(result.outcome == "done" && result.warnings.isEmpty)
            }
            #expect(try await scenario.show("g")["scope_policy"]?.objectValue?.text("judgement") == "allowed")
            #expect(try await scenario.standing("g") == "active")
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

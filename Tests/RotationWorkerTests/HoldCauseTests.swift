import Grants
import RotationWorker
import SQLiteStore
import Testing

/// What a provider is held for, and what its verdicts are counted as meanwhile.
@Suite struct HoldCauseTests {
    private func hold(_ rig: Rig) async throws -> String? {
        try await rig.store.read { try $0.heldProviders()["idp"]?.why }
    }

    @Test func `a hold says what its cause is now, not what it was first`() async throws {
        let rig = try await Rig()
        try await rig.add([idleGrant("g-1", idle: 1)])
        rig.provider.refuse { _ in IntrospectionAnswer(.unknown(.credentials)) }
        _ = try await rig.revalidate()
        #expect(try await hold(rig) == "credentials")
        rig.provider.refuse { $0 == ScriptedProvider.canary ? IntrospectionAnswer(.inactive) : nil }
        let report = try await rig.revalidate()
        #expect(try await hold(rig) == "canary")
        #expect(report.held["idp"] == "canary")
        rig.provider.refuse { _ in nil }
        #expect(try await rig.revalidate().recovered == ["idp"])
        #expect(try await hold(rig) == nil)
    }

    @Test func `no verdict is lost on the run that lifts a hold`() async throws {
        let rig = try await Rig()
        try await rig.add((1...4).map { idleGrant("g-\($0)", idle: 1) })
        rig.provider.forget("g-1")
        _ = try await rig.revalidate()
        #expect(try await rig.grant("g-1")?.grant.validity.inactiveCount == 1)
        try await rig.store.write { try $0.setHold(ProviderHold(why: "credentials", since: start), of: "idp") }
        let report = try await rig.revalidate()
        #expect(report.recovered == ["idp"] && report.asked == 4)
        #expect(report.active == 3 && report.inactive == 1 && report.unknownCount == 0)
        // What was counted while it was held is over.
        #expect(try await rig.grant("g-1")?.grant.validity.inactiveCount == 1)
    }

    @Test func `every question that was asked has its place in the counts`() async throws {
        let rig = try await Rig()
        try await rig.add((1...3).map { idleGrant("g-\($0)", idle: 1) })
        rig.provider.meanwhile { [store = rig.store] token in
            guard token == Secret("rt-g-2") else { return }
            try? await store.write { writing in
                guard var stored = try writing.grant(.init(provider: "idp", id: "g-2")) else { return }
                stored.grant.validity.record(.unknown(.timeout), at: start)
                try writing.save(stored)
            }
        }
        let report = try await rig.revalidate()
        #expect(report.asked == 3 && report.active == 2 && report.unknown == [.changedMeanwhile: 1])
    }

    @Test(arguments: [false, true])
    func `stale tokens hold a provider only where refresh tokens do not rotate`(rotates: Bool) async throws {
        let rig = try await Rig()
        rig.provider.configure { $0.capabilities.rotatesRefreshTokens = rotates }
        rig.settings.providers = [rig.provider.settings]
        try await rig.add((1...20).map { idleGrant("g-\($0)", idle: 1) })
        rig.provider.forget("g-1")
        _ = try await rig.revalidate()
        try await rig.change("g-1") {
            $0.grant.validity.inactiveSince = start
            $0.grant.lastUsedAt = start + .minutes(1)
        }
        rig.clock.advance(by: .hours(1))
        let report = try await rig.revalidate()
        #expect(report.unknown == [.staleToken: 1])
        #expect(try await hold(rig) == (rotates ? nil : "stale-tokens"))
        #expect(try await rig.events().contains("grant.token_stale"))
    }

    @Test func `the date of any answer of a batch holds the provider`() async throws {
        let rig = try await Rig()
        try await rig.add([idleGrant("g-1", idle: 1), idleGrant("g-2", idle: 1)])
        rig.provider.forget("g-2")
        rig.provider.refuse { token in
            token == Secret("rt-g-1")
                ? IntrospectionAnswer(.active(TokenFacts()), serverDate: start + .minutes(6)) : nil
        }
        let report = try await rig.revalidate()
        #expect(report.held["idp"] == "clock-skew" && report.unknown == [.held: 1])
    }

    @Test func `an answer active with an end in the past is named the contradiction it is`() async throws {
        let rig = try await Rig()
        try await rig.add(idleGrant("g-1", idle: 1), tokens: [.accessToken: Secret("at-g-1")])
        rig.provider.answer { $0 == Secret("at-g-1") ? .active(TokenFacts(expiresAt: start - .hours(1))) : nil }
        let report = try await rig.revalidate(.grants([.init(provider: "idp", id: "g-1")]))
        #expect(report.unknown == [.contradiction: 1])
        #expect(report.lines.first?.detail?.contains("says that it ended at") == true)
        #expect(try await rig.grant("g-1")?.grant.validity.lastActiveAt == nil)
    }
}

import Grants
import RotationWorker
import SQLiteStore
import Testing

/// Ended grants are asked about again, behind the living.
@Suite struct EndedQuestionTests {
    /// `g-1` and `g-2` were ended by hand, `x-1` by its own end; `k-1` lives.
    private func scene() async throws -> Rig {
        let rig = try await Rig()
        try await rig.add([idleGrant("g-1", idle: 1), idleGrant("g-2", idle: 1), idleGrant("k-1", idle: 1)])
        try await rig.order("g-1", "g-2")
        _ = try await rig.revoke()
        #expect(try await rig.standings() == ["g-1": .revoked, "g-2": .revoked, "k-1": .active])
        return rig
    }

    private func askDue(_ rig: Rig) async throws -> VerdictReport { try await rig.revalidate(.due(GrantSelection())) }

    @Test func `an active answer a day after the end is found, told once, and leaves the token`() async throws {
        let rig = try await scene()
        let begun = rig.provider.questions.count
        rig.clock.advance(by: .hours(23))
        _ = try await askDue(rig)
        #expect(!rig.provider.questions.dropFirst(begun).contains(Secret("rt-g-1")))
        rig.provider.answer { $0 == Secret("rt-g-1") ? .active(TokenFacts()) : nil }
        rig.clock.advance(by: .hours(2))
        let report = try await askDue(rig)
        #expect(report.resurfaced == 1)
        #expect(try await rig.grant("g-1")?.grant.resurfacedAt == start + .hours(25))
        #expect(try await rig.grant("g-2")?.grant.resurfacedAt == nil)
        rig.clock.advance(by: .days(7))
        #expect(try await askDue(rig).resurfaced == 0)
        #expect(try await rig.events().filter { $0 == "grant.resurfaced" }.count == 1)
        #expect(try await rig.tokens("g-1") == [.refreshToken: Secret("rt-g-1")])
    }

    @Test func `after a week the token goes, and its fingerprint stays`() async throws {
        let rig = try await scene()
        rig.clock.advance(by: .days(6))
        _ = try await askDue(rig)
        #expect(try await rig.tokens("g-2") != [:])
        rig.clock.advance(by: .days(2))
        _ = try await askDue(rig)
        #expect(try await rig.tokens("g-2") == [:])
        let row = try #require(try await rig.grant("g-2")).row
        #expect(try await rig.store.read { try $0.rows(carrying: Secret("rt-g-2")) } == [row])
        #expect(try await rig.grant("g-2")?.grant.holdsRefreshToken == false)
        #expect(try await rig.tokens("k-1") != [:])
    }

    @Test func `the living that are due are asked first, and each ended one twice in all`() async throws {
        let rig = try await scene()
        let begun = rig.provider.questions.count
        for _ in 0..<10 {
            rig.clock.advance(by: .days(1) + .minutes(1))
            _ = try await askDue(rig)
        }
        let asked = rig.provider.questions.dropFirst(begun)
        #expect(asked.filter { $0 == Secret("rt-g-1") }.count == 2)
        let living = try #require(asked.firstIndex(of: Secret("rt-k-1")))
        let ended = try #require(asked.firstIndex(of: Secret("rt-g-1")))
        #expect(living < ended)
    }

    @Test func `an active answer while its access token may still live is no life after the end`() async throws {
        let rig = try await scene()
        try await rig.change("g-1") { $0.grant.residualUntil = start + .days(2) }
        rig.provider.answer { $0 == Secret("rt-g-1") ? .active(TokenFacts()) : nil }
        rig.clock.advance(by: .hours(25))
        #expect(try await askDue(rig).resurfaced == 0)
        rig.clock.advance(by: .days(7))
        #expect(try await askDue(rig).resurfaced == 1)
    }

    @Test func `a provider that does not answer leaves the question due`() async throws {
        let rig = try await scene()
        rig.clock.advance(by: .hours(25))
        rig.provider.answer { $0 == Secret("rt-g-1") ? .active(TokenFacts()) : nil }
        rig.provider.refuse { token in
            guard token == Secret("rt-g-1") || token == Secret("rt-g-2") else { return nil }
            var answer = IntrospectionAnswer(.unknown(.rateLimited))
            answer.wasSent = false
            return answer
        }
        #expect(try await askDue(rig).resurfaced == 0)
        rig.provider.refuse { _ in nil }
        rig.clock.advance(by: .hours(1))
        #expect(try await askDue(rig).resurfaced == 1)
    }
}

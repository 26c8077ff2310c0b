import Grants
import RotationWorker
import SQLiteStore
import Testing

/// The queue of decided ends, and the proof of each.
@Suite struct RevocationTests {
    private func revoking() async throws -> Rig {
        let rig = try await Rig()
        try await rig.add([idleGrant("g-1")])
        try await rig.rotate()
        return rig
    }

    private func order(_ rig: Rig) async throws -> RevocationOrder? {
        guard let row = try await rig.grant("g-1")?.row else { return nil }
        return try await rig.store.read { try $0.revocation(row: row) }
    }

    @Test func `active before and inactive after is proof, and the order is gone`() async throws {
        let rig = try await revoking()
        let report = try await rig.revoke()
        #expect(report.proofs == [.proven: 1])
        let grant = try await rig.grant("g-1")?.grant
        #expect(grant?.standing == .expired && grant?.proof == .proven)
        let left = try await order(rig)
        #expect(left == nil)
        let events = try await rig.events()
        #expect(events == ["grant.revoking", "grant.expired"])
    }

    @Test func `what was inactive before is already inactive`() async throws {
        let rig = try await revoking()
        rig.provider.forget("g-1")
        let report = try await rig.revoke()
        #expect(report.proofs == [.alreadyInactive: 1])
    }

    @Test func `a yes that changes nothing is no end`() async throws {
        let rig = try await revoking()
        rig.provider.lie()
        let report = try await rig.revoke()
        #expect(report.retrying == 1 && report.ended.isEmpty)
        let (standing, failure) = (
            try await rig.grant("g-1")?.grant.standing, try await order(rig)?.lastFailure
        )
        #expect(standing == .revoking && failure == "still-active")
    }

    @Test func `a failure is tried again later and later, given up after time and tries, then daily`() async throws {
        let rig = try await revoking()
        rig.settings.policy.defaults.giveUpTries = 10
        rig.settings.policy.defaults.giveUpAfter = .days(3)
        rig.provider.answerRevocations(.failed(.serverError, detail: "503", retryAfter: nil))
        var waits: [Duration] = []
        var tries = 0
        while try await rig.grant("g-1")?.grant.standing == .revoking, tries < 400 {
            let early = try await rig.revoke()
            tries += 1
            #expect(early.retrying + early.stuck.count == 1, "try \(tries)")
            let next = try #require(try await order(rig)?.nextTryAt)
            waits.append(next - rig.clock.now())
            rig.clock.set(next - .seconds(1))
            let none = try await rig.revoke()
            #expect(none.retrying == 0 && none.stuck.isEmpty)
            rig.clock.set(next)
        }
        for (wait, least) in zip(waits, [Duration.minutes(1), .minutes(2), .minutes(4), .minutes(8)]) {
            #expect(wait >= least && wait <= least + least / 10)
        }
        #expect(tries >= 10)
        let elapsed = rig.clock.now() - start
        #expect(elapsed >= .days(3))
        #expect(waits.last == .days(1))
        let events = try await rig.events()
        #expect(events == ["grant.revoking", "grant.stuck"])

        // Stuck: tried daily, told once, and done as soon as the provider can.
        let again = try await rig.revoke()
        #expect(again.stuck == ["server-error": 1])
        rig.clock.advance(by: .days(1))
        rig.provider.answerRevocations(.accepted)
        let done = try await rig.revoke()
        #expect(done.proofs == [.proven: 1])
    }

    @Test func `the server's own wait is kept`() async throws {
        let rig = try await revoking()
        rig.provider.answerRevocations(.failed(.rateLimited, detail: "429", retryAfter: .hours(5)))
        _ = try await rig.revoke()
        let next = try await order(rig)?.nextTryAt
        #expect(next == start + .hours(5))
    }

    @Test func `a refusal for the wrong client is stuck and not tried again by itself`() async throws {
        let rig = try await revoking()
        rig.provider.answerRevocations(.refused(why: "wrong-client", detail: "400"))
        let report = try await rig.revoke()
        #expect(report.stuck == ["wrong-client": 1])
        rig.clock.advance(by: .days(30))
        let later = try await rig.revoke()
        #expect(later.stuck.isEmpty && later.retrying == 0)
    }

    @Test func `a held provider lets its orders wait`() async throws {
        let rig = try await revoking()
        try await rig.store.write { try $0.setHold(ProviderHold(why: "credentials", since: start), of: "idp") }
        let report = try await rig.revoke()
        #expect(report.waiting == ["idp": 1] && rig.provider.revoked.isEmpty)
    }
}

import Grants
import GrantsTestSupport
import RotationWorker
import SQLiteStore
import Testing

/// What a run does about a grant whose own end is in doubt.
@Suite struct OwnEndApplyTests {
    /// In use, past its own end since an hour, and not to be asked about for a day.
    private func rig(
        isPolicyKnown: Bool = false,
        _ change: @escaping @Sendable (inout Grant) -> Void = { _ in }
    ) async throws -> Rig {
        let rig = try await Rig()
        // The first run of a policy makes every question due; this one is over before the grant comes.
        if isPolicyKnown { try await rig.rotate() }
        try await rig.add([
            idleGrant("g-1", idle: 1) {
                $0.expiresAt = start - .hours(1)
                change(&$0)
            }
        ])
        try await rig.change("g-1") { stored in
            stored.askAt = start + .days(1)
            stored.grant.validity.record(.active, at: start - .days(2))
        }
        return rig
    }

    @Test func `an end that awaits its answer is kept, listed, and asked about at once`() async throws {
        let rig = try await rig(isPolicyKnown: true)
        let (plan, applied) = try await rig.rotate()
        #expect(plan.notes == [.awaitsInactive: 1] && applied.actions["end"] == nil)
        #expect(try await rig.grant("g-1")?.askAt == start)
        #expect(!(try await rig.events()).contains("grant.contradicted"))
        // It is not asked again for the same end.
        _ = try await rig.revalidate(.due(GrantSelection()))
        let again = try await rig.rotate()
        #expect(again.plan.notes == [.contradicted: 1])
        #expect(try await rig.grant("g-1").flatMap(\.askAt).map { $0 > start + .hours(1) } ?? false)
    }

    @Test func `a contradicted end is told once, and again only for another end`() async throws {
        let rig = try await rig { $0.lastUsedAt = start - .minutes(1) }
        for _ in 0..<3 {
            let (plan, _) = try await rig.rotate()
            #expect(plan.notes == [.contradicted: 1] && plan.actions["end"] == nil)
        }
        #expect(try await rig.events().filter { $0 == "grant.contradicted" }.count == 1)
        #expect(try await rig.grant("g-1")?.grant.contradictedEnd == start - .hours(1))
        try await rig.change("g-1") { $0.grant.expiresAt = start - .minutes(30) }
        try await rig.rotate()
        #expect(try await rig.events().filter { $0 == "grant.contradicted" }.count == 2)
    }

    @Test func `an end in doubt is looked at again within a day, so that an answer is heard`() async throws {
        let rig = try await rig()
        try await rig.rotate()
        _ = try await rig.revalidate(.due(GrantSelection()))
        rig.clock.advance(by: .hours(26))
        try await rig.rotate(full: false)
        #expect(try await rig.events().contains("grant.contradicted"))
    }

    @Test func `what a gate holds is told all the same`() async throws {
        let rig = try await rig { $0.lastUsedAt = start - .minutes(1) }
        rig.settings.policy.mode = .observe
        rig.settings.policy.defaults.enforcesOwnEnd = true
        let (plan, _) = try await rig.rotate()
        #expect(plan.rules == [.contradicted: 1])
        #expect(try await rig.events().contains("grant.contradicted"))
        #expect(try await rig.grant("g-1")?.grant.standing == .active)
    }

    @Test func `a dry plan asks nobody and tells nothing`() async throws {
        let rig = try await rig { $0.lastUsedAt = start - .minutes(1) }
        let before = try await rig.events()
        _ = try await rig.plan()
        #expect(try await rig.events() == before && rig.provider.looks == 0 && rig.provider.asked == 0)
    }

    @Test func `records that an older version stored with instants of never are listed, not ended`() async throws {
        let rig = try await Rig()
        try await rig.add(
            (1...20).map { number in
                idleGrant("g-\(number)", idle: 1) { $0.expiresAt = Timestamp(milliseconds: -62_135_596_800_000) }
            }
        )
        let (plan, applied) = try await rig.rotate()
        #expect(plan.notes == [.implausible: 20] && applied.actions["end"] == nil)
    }

    @Test func `a superseded member marks its successor, which then supersedes no other`() async throws {
        let rig = try await Rig()
        let ids = ["old-1", "old-2"]
        try await rig.add(ids.map { idleGrant($0, idle: 400) { $0.lastUsedAt = nil } }, family: "f")
        rig.clock.advance(by: .days(1))
        try await rig.add([idleGrant("new", idle: 400) { $0.lastUsedAt = nil }], family: "f")
        let now = rig.clock.now()
        for id in ids {
            try await rig.change(id) { stored in
                stored.grant.validity.record(.inactive, at: now - .hours(2))
                stored.grant.validity.record(.inactive, at: now - .hours(1))
            }
        }
        try await rig.change("new") { $0.grant.validity.record(.active, at: now) }
        rig.settings.policy.defaults.idleAfter = .days(1_000)
        let first = try await rig.rotate()
        #expect(first.applied.ended == [.expired: 1])
        #expect(try await rig.grant("new")?.grant.coversAnother == true)
        let second = try await rig.rotate()
        #expect(second.applied.ended.isEmpty)
        #expect(try await rig.standings() == ["old-1": .expired, "old-2": .active, "new": .active])
    }
}

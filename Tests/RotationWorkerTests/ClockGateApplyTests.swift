import Grants
import GrantsTestSupport
import RotationWorker
import SQLiteStore
import Testing

/// The providers' clocks are looked at after a plan and before anything of it is applied.
@Suite struct ClockGateApplyTests {
    /// Three whose lifetime is over, and one that nobody uses, among many others.
    private func rig(clock: ProviderSettings.Clock = .checked) async throws -> Rig {
        let rig = try await Rig()
        rig.provider.configure { $0.clock = clock }
        rig.settings.providers = [rig.provider.settings]
        rig.settings.policy.defaults.maxLifetime = .days(400)
        rig.settings.policy.defaults.lifetimeNotice = .zero
        try await rig.add((1...3).map { idleGrant("old-\($0)", idle: 1) { $0.issuedAt = start - .days(500) } })
        try await rig.add([idleGrant("idle")])
        try await rig.add((1...40).map { idleGrant("k-\($0)", idle: 1) })
        return rig
    }

    @Test func `without a date the ends by the clock wait, listed with a hash, and the others go on`() async throws {
        let rig = try await rig()
        let (plan, applied) = try await rig.rotate()
        #expect(plan.actions["end"] == 4 && applied.actions["end"] == 1)
        #expect(applied.held.map(\.why) == ["no-date"] && applied.held.map(\.wouldEnd) == [3])
        #expect(applied.skipped.isEmpty && plan.held.isEmpty)
        #expect(try await rig.grant("idle")?.grant.standing == .revoking)
        #expect(try await rig.store.read { try $0.heldPlans() }.map(\.why) == ["no-date"])
        #expect(!(try await rig.store.read { try $0.heldPlans() }.contains(where: \.isApprovable)))
        // What was held is planned by the next run, and applied once the provider says what the time is.
        let clock = rig.clock
        rig.provider.dateAnswers { clock.now() + .minutes(4) }
        let next = try await rig.rotate(full: false)
        #expect(next.applied.actions["end"] == 3 && next.applied.held.isEmpty)
    }

    @Test func `a trusted clock needs no date`() async throws {
        let rig = try await rig(clock: .trusted)
        let (_, applied) = try await rig.rotate()
        #expect(applied.actions["end"] == 4 && applied.held.isEmpty)
    }

    @Test(arguments: ProviderSettings.Clock.allCases)
    func `a clock that is not ours holds the provider before anything of it ends`(
        clock: ProviderSettings.Clock
    ) async throws {
        let rig = try await rig(clock: clock)
        let (plan, job) = try await rig.plan()
        rig.provider.dateAnswers { start - .days(6) }
        let applied = try await rig.apply(plan, job)
        #expect(plan.actions["end"] == 4 && applied.actions["end"] == nil && applied.skipped.isEmpty)
        #expect(applied.held.map(\.why) == ["provider-held"])
        #expect(try await rig.store.read { try $0.heldProviders() }.mapValues(\.why) == ["idp": "clock-skew"])
        #expect(try await rig.events().contains("provider.held"))
        #expect(try await rig.standings().values.allSatisfy { $0 == .active })
    }

    @Test func `a dry plan has the hashes of the run, and says that the gate is open`() async throws {
        let rig = try await rig()
        let (dry, _) = try await rig.plan()
        #expect(rig.provider.looks == 0)
        #expect(dry.openByClock.map(\.wouldEnd) == [3] && dry.held.isEmpty)
        let (plan, applied) = try await rig.rotate()
        #expect(plan.planHash == dry.planHash && applied.held.map(\.hash) == dry.openByClock.map(\.hash))
    }

    @Test func `what was exempt ends only by a clock that the provider agrees with`() async throws {
        let rig = try await rig()
        let row = try #require(try await rig.grant("idle")?.row)
        let over = Exemption(owner: "ops", reason: "year end", until: start - .hours(1))
        try await rig.store.write { try $0.setExemption(over, row: row) }
        let (_, applied) = try await rig.rotate()
        #expect(applied.actions["end"] == nil && applied.held.map(\.wouldEnd) == [4])
    }

    @Test func `an approval passes the valve, and no clock`() async throws {
        let rig = try await rig()
        rig.settings.policy.defaults.valve.count = 1
        rig.settings.policy.defaults.valve.sharePercent = 1
        let (plan, job) = try await rig.plan()
        let hash = try #require(plan.held.first?.hash)
        let applied = try await rig.apply(plan, job, approving: hash)
        #expect(applied.actions["end"] == 1 && applied.held.map(\.why) == ["no-date"])
    }

    /// The valve holds all ends but that of a member which a successor carries on, and which was exempt until lately.
    private func besideTheValve() async throws -> Rig {
        let rig = try await rig()
        rig.settings.policy.defaults.valve.count = 1
        rig.settings.policy.defaults.valve.sharePercent = 1
        rig.clock.set(start - .days(1))
        let row = try await rig.add([idleGrant("gone", idle: 3)], family: "f-1")[0]
        rig.clock.set(start)
        try await rig.add([idleGrant("successor", idle: 3)], family: "f-1")
        try await rig.change("gone") { stored in
            stored.grant.validity.record(.inactive, at: start - .hours(2))
            stored.grant.validity.record(.inactive, at: start - .hours(1))
        }
        try await rig.change("successor") { $0.grant.validity.record(.active, at: start - .hours(1)) }
        let over = Exemption(owner: "ops", reason: "year end", until: start - .hours(1))
        try await rig.store.write { try $0.setExemption(over, row: row) }
        return rig
    }

    @Test func `what the valve does not stop in a partition that it holds waits for a date as well`() async throws {
        let rig = try await besideTheValve()
        let (plan, job) = try await rig.plan()
        #expect(plan.held.map(\.why) == ["valve-share"] && plan.openByClock.map(\.wouldEnd) == [1])
        let applied = try await rig.apply(plan, job)
        #expect(applied.actions["end"] == nil && applied.held.map(\.why) == ["no-date"])
        #expect(applied.held.map(\.hash) == plan.openByClock.map(\.hash))
        rig.provider.dateAnswers { start }
        #expect(try await rig.rotate().applied.ended == [.expired: 1])
        #expect(try await rig.grant("gone")?.grant.standing == .expired)
    }

    @Test func `a clock that is not ours holds what the valve does not stop as well`() async throws {
        let rig = try await besideTheValve()
        let (plan, job) = try await rig.plan()
        rig.provider.dateAnswers { start - .days(6) }
        let applied = try await rig.apply(plan, job)
        #expect(plan.rules[.goneAtProvider] == 1 && applied.actions["end"] == nil)
        #expect(applied.held.map(\.why) == ["provider-held"])
        #expect(try await rig.standings().values.allSatisfy { $0 == .active })
    }

    @Test func `a plan made by a clock that was set back since is applied in no part`() async throws {
        let rig = try await rig()
        rig.provider.dateAnswers { start }
        rig.clock.set(start + .days(6))
        let (plan, job) = try await rig.plan()
        #expect(plan.actions["end"] == 3)
        rig.clock.set(start)
        let error = await #expect(throws: StoreError.self) { try await rig.apply(plan, job) }
        #expect(error?.message.contains("set back") == true)
        #expect(try await rig.standings().values.allSatisfy { $0 == .active })
        #expect(try await rig.store.read { try $0.heldProviders() }.isEmpty)
    }

    @Test func `back in observe by a reload, a plan that is being applied goes no further`() async throws {
        let rig = try await rig(clock: .trusted)
        let environment = rig.environment
        let job = ExpiryJob(environment, selection: GrantSelection(), isFull: true)
        let plan = try await job.plan()
        environment.mode.set(.observe)
        let applied = try await rig.apply(plan, job)
        #expect(plan.actions["end"] == 4 && applied.actions["end"] == nil)
        #expect(applied.skipped == ["held-meanwhile": 4])
    }

    @Test func `where nothing is to be applied nobody is asked for the time`() async throws {
        let rig = try await Rig()
        try await rig.add([idleGrant("g-1", idle: 1)])
        let (plan, job) = try await rig.plan()
        try await rig.apply(plan, job)
        #expect(rig.provider.looks == 0)
    }
}

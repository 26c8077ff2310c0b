import Grants
import RotationWorker
import SQLiteStore
import Testing

@Suite struct ScheduleOrderTests {
    @Test func `a resumed schedule has no pause and no failures, and keeps its last start`() async throws {
        let rig = try await Rig()
        var record = ScheduleRecord(name: "nightly", definition: "expire every 1d", since: start)
        record.scheduledAt = start
        record.outcome = "failed"
        record.failures = 3
        record.isPaused = true
        let paused = record
        try await rig.store.write { try $0.setSchedule(paused) }
        let before = try await ScheduleOrders(rig.environment).resume("nightly")
        #expect(before == paused)
        record.failures = 0
        record.isPaused = false
        let known = try await rig.store.read { try $0.schedules() }
        #expect(known == ["nightly": record])
        let events = try await rig.events()
        #expect(events == ["schedule.resumed"])
        let again = try await ScheduleOrders(rig.environment).resume("nightly")
        #expect(again == record)
        let after = try await rig.events()
        #expect(after == events)
    }

    @Test func `a schedule that nobody knows is not made`() async throws {
        let rig = try await Rig()
        let before = try await ScheduleOrders(rig.environment).resume("nightly")
        #expect(before == nil)
        let known = try await rig.store.read { try $0.schedules() }
        #expect(known.isEmpty)
    }
}

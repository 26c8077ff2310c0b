import Grants
import GrantsTestSupport
import RotationWorker
import SQLiteStore
import Scheduling
import Testing

/// Who takes up a start, when two know of it.
@Suite struct StartBookTests {
    let folder = TemporaryFolder()
    let schedule = Schedule(name: "hourly", job: .expire, timing: .cron("0 * * * *"))
    let planned = YearTests.newYear + .hours(1)

    func scene(_ body: (SQLiteGrantStore, Start) async throws -> Void) async throws {
        let store = try await SQLiteGrantStore.open(path: folder.file("grants.sqlite"), keyring: nil) { "id" }
        let schedules = [schedule]
        _ = try await store.write { try StartBook.reconcile(schedules, at: YearTests.newYear, in: $0) }
        try await body(store, Start(schedule: schedule, cause: .planned, planned: planned))
        await store.close()
    }

    func claim(_ start: Start, _ store: SQLiteGrantStore, at now: Timestamp) async throws -> StartBook.Claim? {
        try await store.write { try StartBook.claim(start, at: now, in: $0) }
    }

    @Test func `a start that another worker has settled is not taken up`() async throws {
        try await scene { store, start in
            let now = planned
            let first = try await claim(start, store, at: now)
            #expect(first != nil)
            try await store.write { try StartBook.close(start, outcome: "done", at: now, in: $0) }
            let second = try await claim(start, store, at: now + .seconds(5))
            #expect(second == nil)
            var late = start
            late.planned = planned - .hours(1)
            let older = try await claim(late, store, at: now + .seconds(5))
            #expect(older == nil)
        }
    }

    @Test func `a start whose run did not end is taken up by whoever has the lock`() async throws {
        try await scene { store, start in
            _ = try await claim(start, store, at: planned)
            let again = try await claim(start, store, at: planned + .minutes(5))
            #expect(again?.previous == planned)
        }
    }

    @Test func `what a person has paused meanwhile, or changed, is left alone`() async throws {
        try await scene { store, start in
            var other = start
            other.schedule.timing = .cron("30 * * * *")
            let changed = try await claim(other, store, at: planned)
            #expect(changed == nil)
            try await store.write { writing in
                guard var record = try writing.schedules()["hourly"] else { return }
                record.isPaused = true
                try writing.setSchedule(record)
            }
            let paused = try await claim(start, store, at: planned)
            #expect(paused == nil)
        }
    }

    @Test(arguments: [("done", true, 0), ("held", true, 0), ("unavailable", false, 2), ("failed", false, 3)])
    func `an outcome counts as a success, as a failure, or as neither`(
        outcome: String,
        isSuccess: Bool,
        failures: Int
    ) async throws {
        try await scene { store, start in
            let now = planned
            try await store.write { writing in
                guard var record = try writing.schedules()["hourly"] else { return }
                record.failures = 2
                try writing.setSchedule(record)
            }
            _ = try await claim(start, store, at: now)
            try await store.write { try StartBook.close(start, outcome: outcome, at: now + .minutes(1), in: $0) }
            let record = try await store.read { try $0.schedules()["hourly"] }
            #expect(record?.outcome == outcome)
            #expect((record?.succeededAt != nil) == isSuccess)
            #expect(record?.failures == failures)
            #expect(record?.isOpen == false)
        }
    }
}

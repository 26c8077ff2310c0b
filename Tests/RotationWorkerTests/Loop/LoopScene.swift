import Grants
import GrantsTestSupport
import RotationWorker
import SQLiteStore
import Scheduling

/// What a worker's loop is tried with: a clock by hand that stands at midnight, an empty store, a runner, its files.
struct LoopScene {
    static let midnight = YearTests.newYear

    let folder = TemporaryFolder()
    let clock = HandClock()
    let files = Files()
    let store: SQLiteGrantStore
    let runner: RecordingRunner

    /// `busyTimeout` is how long the store waits for another writer, in seconds.
    init(busyTimeout: Double? = nil) async throws {
        clock.set(Self.midnight)
        let ids = Counter()
        var limits = StoreLimits()
        if let busyTimeout { limits.busyTimeout = busyTimeout }
        let path = folder.file("grants.sqlite")
        store = try await .open(path: path, keyring: nil, limits: limits) { "id-\(ids.next())" }
        runner = RecordingRunner(store, clock)
    }

    /// A worker's life, which reads ``files`` when it is told to.
    func loop(_ schedules: [Schedule], sinks: [String] = []) throws -> LoopRig {
        try LoopRig(schedules, store: store, clock: clock, runner: runner, sinks: sinks) { [files] in files.schedules }
    }

    /// Another process's connection to the same store.
    func otherStore() async throws -> SQLiteGrantStore {
        try await .open(path: folder.file("grants.sqlite"), keyring: nil) { "other" }
    }
}

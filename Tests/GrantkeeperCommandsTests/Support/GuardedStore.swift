import Dispatch
import Grants
import GrantsTestSupport
import SQLiteStore
import Synchronization
import Testing

@testable import GrantkeeperCommands

/// A store and its guard without the commands around them, whose files can be copied and put back at any moment.
final class GuardedStore: Sendable {
    /// All that a power cut leaves.
    struct Files: Sendable {
        var main: [UInt8]?
        var log: [UInt8]?
        var mark: [UInt8]?
    }

    static let files = (main: "grants.sqlite", log: "grants.sqlite-wal", mark: "high-water")

    let folder = TemporaryFolder()
    let clock: TestClock
    private let ids: Mutex<SplitMix64>

    init(clock: TestClock = TestClock(), seed: UInt64, _ files: Files? = nil) {
        self.clock = clock
        ids = Mutex(SplitMix64(seed: seed))
        guard let files else { return }
        if let main = files.main { folder.write(main, to: Self.files.main) }
        if let log = files.log { folder.write(log, to: Self.files.log) }
        if let mark = files.mark { folder.write(mark, to: Self.files.mark) }
    }

    var storeGuard: StoreGuard {
        let environment = ProgramEnvironment(
            clock: clock,
            variables: [:],
            standardInput: -1,
            output: CapturedText(),
            errors: CapturedText(),
            showsProgress: false,
            isTerminal: false,
            actor: Actor(kind: .person, user: "tester"),
            machineID: "1"
        )
        // A checkpoint waits for no reader here.
        var limits = StoreLimits()
        limits.busyTimeout = 0.01
        let (store, mark) = (folder.file(Self.files.main), folder.file(Self.files.mark))
        return StoreGuard(store: store, highWater: mark, environment, limits: limits)
    }

    static func key(_ text: String = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=") throws -> Keyring {
        try Keyring(parsing: Secret(text))
    }

    func open(_ keyring: Keyring? = nil) async throws -> StoreGuard.Opened {
        let keyring = try keyring ?? Self.key()
        return try await storeGuard.openToWrite(keyring) { [self] in
            let next = ids.withLock { (first: $0.next(), second: $0.next()) }
            return String(next.first, radix: 16) + String(next.second, radix: 16)
        }
    }

    /// What a command that looks would find.
    func look() async throws -> String? {
        let opened = try await storeGuard.openToRead(nil)
        await opened.store.close()
        return opened.finding
    }

    func copy() -> Files {
        Files(
            main: folder.bytes(Self.files.main),
            log: folder.bytes(Self.files.log),
            mark: folder.bytes(Self.files.mark)
        )
    }

    func mark() throws -> HighWaterMark {
        try HighWaterMark(json: try #require(folder.bytes(Self.files.mark)))
    }

    static func number(_ main: [UInt8]?) -> UInt32 {
        guard let main, main.count >= 64 else { return 0 }
        return main[60..<64].reduce(0) { $0 << 8 | UInt32($1) }
    }
}

extension SQLiteGrantStore {
    /// One entry of the journal; returns its id.
    @discardableResult
    func journal(_ reason: String, at now: Timestamp) async throws -> String {
        try await write { writing in
            var event = Event(Event.Kind.runWarned, at: now)
            event.reason = reason
            return try writing.append(event, about: nil).id
        }
    }

    /// Reads until the returned handle is let go: no checkpoint gets past what it sees.
    func hold() async -> ReaderHold {
        let (started, feed) = AsyncStream.makeStream(of: Void.self)
        let hold = ReaderHold()
        hold.task = Task {
            try? await read { reading in
                _ = try reading.journalHead()
                feed.finish()
                hold.wait()
            }
        }
        for await _ in started {}
        return hold
    }
}

final class ReaderHold: Sendable {
    private let released = DispatchSemaphore(value: 0)
    private let reading = Mutex<Task<Void, Never>?>(nil)

    var task: Task<Void, Never>? {
        get { reading.withLock { $0 } }
        set { reading.withLock { $0 = newValue } }
    }

    /// On the store's own thread, which may wait.
    func wait() { released.wait() }

    func release() async {
        released.signal()
        await task?.value
    }
}

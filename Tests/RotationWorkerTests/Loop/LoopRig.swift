import Grants
import Logging
import RotationWorker
import SQLiteStore
import Scheduling
import Synchronization

/// A worker's loop on a real store, with a clock by hand and triggers by hand.
final class LoopRig: Sendable {
    /// One start that a worker took up.
    struct Run: Hashable, Sendable, CustomStringConvertible {
        var schedule: String
        var planned: Timestamp?
        var at: Timestamp

        var description: String { "\(schedule) \(planned.map(\.description) ?? "-") at \(at)" }
    }

    let store: SQLiteGrantStore
    let clock: HandClock
    let runner: RecordingRunner
    private let continuation: AsyncStream<Trigger>.Continuation
    private let turns: AsyncStream<WorkerLoop.Turn>
    private let work: Task<Void, Never>

    /// Starts a worker's life; `reload` is what its files say at the next reload.
    init(
        _ schedules: [Schedule],
        store: SQLiteGrantStore,
        clock: HandClock,
        runner: RecordingRunner,
        sinks: [String] = [],
        reload: @escaping @Sendable () -> [TimedSchedule]? = { nil }
    ) throws {
        self.store = store
        self.clock = clock
        self.runner = runner
        let (triggers, continuation) = AsyncStream.makeStream(of: Trigger.self)
        let (turns, told) = AsyncStream.makeStream(of: WorkerLoop.Turn.self)
        self.continuation = continuation
        self.turns = turns
        let loop = WorkerLoop(
            .init(
                store: store,
                clock: clock,
                runner: runner,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                clocks: { ClockReading(wall: clock.now(), monotonic: .zero, boot: .zero) },
                reload: { reload() },
                circumstances: { _ in (sinks, false) },
                afterTurn: { told.yield($0) }
            ),
            schedules: try schedules.map { try TimedSchedule($0) }
        )
        work = Task {
            await loop.run(triggers, continuation)
            told.finish()
        }
    }

    /// Sends a trigger and waits until all that it began has ended; the last turn, nil when the life is over.
    @discardableResult
    func send(_ trigger: Trigger) async -> WorkerLoop.Turn? {
        continuation.yield(trigger)
        var last: WorkerLoop.Turn?
        for await turn in turns {
            last = turn
            if turn.running.isEmpty { return turn }
        }
        return last
    }

    /// Sends a trigger and waits for the turn it makes, whatever runs.
    func turn(_ trigger: Trigger) async -> WorkerLoop.Turn? {
        continuation.yield(trigger)
        return await nextTurn()
    }

    func nextTurn() async -> WorkerLoop.Turn? {
        var iterator = turns.makeAsyncIterator()
        return await iterator.next()
    }

    /// Ends this life.
    func end() async {
        continuation.yield(.stop)
        await work.value
    }
}

/// Takes up starts as the worker does, does nothing, and remembers them.
final class RecordingRunner: StartRunner {
    private struct State {
        var runs: [LoopRig.Run] = []
        var isDeadly = false
        var endings: [String: [Ending]] = [:]
        var waiting: [String: CheckedContinuation<Void, Never>] = [:]
        var holds: Set<String> = []
    }

    private let store: SQLiteGrantStore
    private let clock: HandClock
    private let state = Mutex(State())

    init(_ store: SQLiteGrantStore, _ clock: HandClock) {
        self.store = store
        self.clock = clock
    }

    var runs: [LoopRig.Run] { state.withLock(\.runs) }

    /// Runs are killed from now on: taken up, and never ended.
    func kill(_ isDeadly: Bool) { state.withLock { $0.isDeadly = isDeadly } }

    /// The next runs of a schedule end so; busy and postponed ones are not taken up.
    func script(_ schedule: String, _ endings: Ending...) { state.withLock { $0.endings[schedule] = endings } }

    /// Runs of the schedule go on until ``release(_:)``.
    func hold(_ schedule: String) { state.withLock { _ = $0.holds.insert(schedule) } }

    func release(_ schedule: String) {
        state.withLock { state in
            state.holds.remove(schedule)
            return state.waiting.removeValue(forKey: schedule)
        }?.resume()
    }

    func run(_ start: Start) async -> Ending {
        do {
            let now = clock.now()
            let name = start.schedule.name
            let scripted = state.withLock { state -> Ending? in
                guard let first = state.endings[name]?.first else { return nil }
                state.endings[name]?.removeFirst()
                return first
            }
            switch scripted {
            case .busy?, .postponed?:
                await holdUp(name)
                return scripted ?? .settled
            default: break
            }
            do {
                let claim = try await store.write { try StartBook.claim(start, at: now, in: $0) }
                guard claim != nil else { return .settled }
            } catch {
                return .postponed("\(error)")
            }
            let isDeadly = state.withLock { state in
                state.runs.append(.init(schedule: name, planned: start.planned, at: now))
                return state.isDeadly
            }
            if isDeadly { return .interrupted }
            await holdUp(name)
            let end = clock.now()
            let outcome =
                switch scripted {
                case .failed: "failed"
                case .ran(let outcome): outcome
                default: "done"
                }
            try await store.write { try StartBook.close(start, outcome: outcome, at: end, in: $0) }
            return scripted ?? .ran(outcome: "done")
        } catch {
            return .failed("\(error)")
        }
    }

    private func holdUp(_ name: String) async {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                guard state.holds.contains(name) else { return true }
                state.waiting[name] = continuation
                return false
            }
            if isFree { continuation.resume() }
        }
    }
}

package import Grants
package import Logging
package import Scheduling

/// What decides *when*: one stream of triggers, looked at one after another; the runs themselves go on beside it.
///
/// A trigger is a hint. After each one the loop asks the clock and the store what is to begin, so that one too many
/// does nothing and one too few costs no more than the wait for the next.
package struct WorkerLoop: Sendable {
    /// What one look around found, for whoever arms the timer and tells the world.
    package struct Turn: Sendable {
        package var now: Timestamp
        package var running: [Start]
        /// The next planned start.
        package var next: (schedule: String, at: Timestamp)?
        package var isStopping: Bool
        /// How long the look took, what it began not included.
        package var took: Duration
    }

    /// What the loop is made of.
    package struct Parts: Sendable {
        package var store: any GrantStore
        package var clock: any WallClock
        package var runner: any StartRunner
        package var logger: Logger
        /// What the clocks say, to notice a step or a suspend.
        package var clocks: @Sendable () -> ClockReading
        /// Reads the files again; nil: they are bad, and what was in force stays so.
        package var reload: @Sendable () async -> [TimedSchedule]?
        /// The ids of the sinks, and whether the mode or a blackout keeps automatic ends back at an instant.
        package var circumstances: @Sendable (Timestamp) async -> (sinks: [String], isHeldBack: Bool)
        package var afterTurn: @Sendable (Turn) async -> Void

        package init(
            store: any GrantStore,
            clock: any WallClock,
            runner: any StartRunner,
            logger: Logger,
            clocks: @escaping @Sendable () -> ClockReading,
            reload: @escaping @Sendable () async -> [TimedSchedule]?,
            circumstances: @escaping @Sendable (Timestamp) async -> (sinks: [String], isHeldBack: Bool),
            afterTurn: @escaping @Sendable (Turn) async -> Void
        ) {
            self.store = store
            self.clock = clock
            self.runner = runner
            self.logger = logger
            self.clocks = clocks
            self.reload = reload
            self.circumstances = circumstances
            self.afterTurn = afterTurn
        }
    }

    private let parts: Parts
    private let schedules: [TimedSchedule]

    package init(_ parts: Parts, schedules: [TimedSchedule]) {
        self.parts = parts
        self.schedules = schedules
    }

    /// Works until it is told to stop and nothing runs any more, or until its task is cancelled.
    ///
    /// `triggers` is the stream that ``Trigger/ended(_:_:)`` goes to as well; its owner keeps the continuation.
    package func run(
        _ triggers: AsyncStream<Trigger>,
        _ continuation: AsyncStream<Trigger>.Continuation
    ) async {
        var state = LoopState(parts: parts, agenda: Agenda(schedules))
        await withDiscardingTaskGroup { group in
            for await trigger in triggers {
                for start in await state.turn(trigger) {
                    group.addTask { [parts] in
                        continuation.yield(.ended(start, await parts.runner.run(start)))
                    }
                }
                if case .cutShort = trigger { group.cancelAll() }
                if state.isOver { break }
            }
            group.cancelAll()
        }
    }
}

/// What the loop remembers from turn to turn.
struct LoopState {
    let parts: WorkerLoop.Parts
    var agenda: Agenda
    private var clockWatch = ClockWatch()
    private var isStopping = false
    private var changeNumber: Int64?
    /// The records in the store are others than those remembered.
    private var isStale = true
    private var isReconciled = false

    init(parts: WorkerLoop.Parts, agenda: Agenda) {
        self.parts = parts
        self.agenda = agenda
    }

    var isOver: Bool { isStopping && agenda.running.isEmpty }

    private var logger: Logger { parts.logger }

    /// Looks around once; returns what is to begin.
    mutating func turn(_ trigger: Trigger) async -> [Start] {
        let begin = ContinuousClock.now
        noticeClock()
        var starts: [Start] = []
        var next: (schedule: String, at: Timestamp)?
        do {
            switch trigger {
            case .tick: break
            case .reload: await reload()
            case .ended(let start, let ending): try await note(start, ending)
            case .stop, .cutShort: isStopping = true
            }
            if !isStopping {
                try await learn()
                let look = try await look()
                starts = look.starts
                next = look.next
            }
        } catch {
            // The store is what failed: nothing begins on what it said before.
            isStale = true
            logger.error("the store cannot be asked what is due", metadata: ["error": "\(error)"])
        }
        await parts.afterTurn(
            .init(
                now: parts.clock.now(),
                running: agenda.running,
                next: next,
                isStopping: isStopping,
                took: ContinuousClock.now - begin
            )
        )
        return starts
    }

    private mutating func noticeClock() {
        let reading = parts.clocks()
        while let change = clockWatch.observe(wall: reading.wall, monotonic: reading.monotonic, boot: reading.boot) {
            switch change {
            case .stepped(let step):
                logger.warning("the wall clock was set", metadata: ["by_seconds": "\(step.milliseconds / 1_000)"])
            case .suspended(let length):
                logger.notice("the machine was suspended", metadata: ["for_seconds": "\(length.milliseconds / 1_000)"])
            }
        }
    }

    private mutating func reload() async {
        guard let schedules = await parts.reload() else { return }
        agenda.replace(with: schedules)
        isReconciled = false
    }

    /// What runs skipped over is settled; what the run itself settled it has written down.
    private mutating func note(_ start: Start, _ ending: Ending) async throws {
        isStale = true
        guard let skipped = agenda.ended(start, ending, at: parts.clock.now()) else { return }
        logger.notice(
            "a start was skipped: the run before went on",
            metadata: ["schedule": "\(start.schedule.name)", "planned": "\(skipped)"]
        )
        let name = start.schedule.name
        try await parts.store.write { writing in
            guard var record = try writing.schedules()[name], record.scheduledAt.map({ $0 < skipped }) ?? true
            else { return }
            record.scheduledAt = skipped
            record.isOpen = false
            try writing.setSchedule(record)
        }
    }

    private mutating func learn() async throws {
        let number = try await parts.store.changeNumber()
        if let known = changeNumber, known != number {
            agenda.stir()
            isStale = true
        }
        changeNumber = number
        guard isStale || !isReconciled else { return }
        if isReconciled {
            agenda.remember(try await parts.store.read { try $0.schedules() })
        } else {
            let (schedules, now) = (agenda.schedules, parts.clock.now())
            agenda.remember(
                try await parts.store.write { try StartBook.reconcile(schedules, at: now, in: $0) }
            )
            isReconciled = true
        }
        isStale = false
    }

    private mutating func look() async throws -> Agenda.Look {
        let now = parts.clock.now()
        let (sinks, isHeldBack) = await parts.circumstances(now)
        let backlog = try await parts.store.read { try $0.backlog(at: now, sinks: sinks, isHeldBack: isHeldBack) }
        let look = agenda.look(at: now, backlog: backlog)
        for name in look.resets {
            logger.warning("a schedule begins anew: the clock had been far ahead", metadata: ["schedule": "\(name)"])
        }
        for missed in look.missed {
            logger.notice(
                "missed starts are not made up for",
                metadata: ["schedule": "\(missed.schedule)", "starts": "\(missed.starts)"]
            )
        }
        guard !look.resets.isEmpty || !look.missed.isEmpty else { return look }
        isStale = true
        do {
            try await settle(look, at: now)
        } catch {
            // The agenda takes the look's starts for running: they begin, whatever became of this.
            logger.error("starts that are over cannot be settled, trying again", metadata: ["error": "\(error)"])
        }
        return look
    }

    /// Writes down what the look found to begin anew, and what it gave up.
    private func settle(_ look: Agenda.Look, at now: Timestamp) async throws {
        let (resets, missed) = (look.resets, look.missed)
        try await parts.store.write { writing in
            var records = try writing.schedules()
            for name in resets {
                records[name]?.since = now
                records[name]?.scheduledAt = nil
                records[name]?.isOpen = false
            }
            // Another worker may have got further meanwhile.
            for (name, _, through) in missed where records[name]?.scheduledAt.map({ $0 <= through }) ?? true {
                records[name]?.scheduledAt = through
                records[name]?.isOpen = false
            }
            for name in Set(resets + missed.map(\.schedule)) {
                if let record = records[name] { try writing.setSchedule(record) }
            }
        }
    }
}

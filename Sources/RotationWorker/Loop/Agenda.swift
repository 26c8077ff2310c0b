internal import Grants
internal import Scheduling

/// Which runs are to begin now: a state machine without a clock, a store or a task of its own.
///
/// Of each job one run goes at a time, of each schedule too. Jobs that only work off what is decided (`revoke`,
/// `deliver`) begin by themselves when there is something to do, unless a schedule says when.
struct Agenda {
    /// So long after a run that failed, or a queue's that could not do all, the next one waits.
    static let pause = Duration.seconds(30)
    /// So long after it found its job taken, a start is tried again.
    static let retry = Duration.seconds(5)
    /// Changes of the store begin a run of a schedule no more often than this.
    static let shortestGap = Duration.minutes(1)

    /// What one look around found.
    struct Look {
        var starts: [Start] = []
        /// Schedules whose last start lies in a future that the clock has left.
        var resets: [String] = []
        /// Schedules whose missed starts are all too old to be made up for, with how many and the newest of them.
        var missed: [(schedule: String, starts: Int, through: Timestamp)] = []
        /// The next planned start.
        var next: (schedule: String, at: Timestamp)?
    }

    private var entries: [Entry]

    init(_ schedules: [TimedSchedule]) {
        entries = schedules.map { Entry($0.schedule, .planned($0.times)) }
        addQueues()
    }

    /// Other schedules, as after a reload; what runs goes on, and what waits waits on where its times are the same.
    mutating func replace(with schedules: [TimedSchedule]) {
        let old = entries
        entries = schedules.map { given in
            let before = old.first { $0.schedule.name == given.schedule.name }
            guard var entry = before, !entry.isRemoved, entry.schedule.definition == given.schedule.definition else {
                // It begins anew, but after the run that goes on.
                var entry = Entry(given.schedule, .planned(given.times))
                entry.running = before?.running
                entry.begunAt = before?.begunAt
                entry.wokenAt = before?.wokenAt
                return entry
            }
            entry.schedule = given.schedule
            entry.beginning = .planned(given.times)
            // The files may have mended what it failed on.
            entry.notBefore = nil
            return entry
        }
        addQueues()
        for index in entries.indices where entries[index].isQueue {
            entries[index].running = old.first { $0.schedule.name == entries[index].schedule.name }?.running
        }
        for gone in old where gone.running != nil && !entries.contains(where: { $0.running == gone.running }) {
            var entry = Entry(gone.schedule, .removed)
            entry.running = gone.running
            entries.append(entry)
        }
    }

    private mutating func addQueues() {
        for job in [Schedule.Job.revoke, .deliver] where !entries.contains(where: { $0.schedule.job == job }) {
            // Built in: a name that no file can have.
            entries.append(Entry(Schedule(name: "(\(job.rawValue))", job: job, timing: .every(Self.pause)), .queued))
        }
    }

    var schedules: [Schedule] { entries.compactMap { $0.times == nil ? nil : $0.schedule } }
    var running: [Start] { entries.compactMap(\.running) }

    mutating func remember(_ records: [String: ScheduleRecord]) {
        for index in entries.indices { entries[index].record = records[entries[index].schedule.name] }
    }

    /// Somebody else has changed the store.
    mutating func stir() {
        for index in entries.indices { entries[index].isStirred = true }
    }

    // MARK: Looking around

    mutating func look(at now: Timestamp, backlog: Backlog) -> Look {
        var look = Look()
        var free = Set(Schedule.Job.allCases).subtracting(running.map(\.schedule.job))
        var planned: [(index: Int, instant: Timestamp, isAlone: Bool)] = []
        for index in entries.indices {
            guard let times = entries[index].times, let record = entries[index].record, !record.isPaused
            else { continue }
            let starts = times.starts(record, now: now)
            if starts.isReset { look.resets.append(record.name) }
            if let passed = starts.passed, starts.due.isEmpty, entries[index].running == nil,
                entries[index].waiting == nil
            {
                look.missed.append((record.name, starts.dropped, passed))
            }
            if let next = starts.next, next < (look.next?.at ?? Timestamp(milliseconds: .max)) {
                look.next = (record.name, next)
            }
            if let instant = plannedStart(&entries[index], starts.due) {
                planned.append((index, instant, starts.due.count <= 1))
            }
        }
        for (index, instant, isAlone) in planned.sorted(by: { $0.instant < $1.instant }) {
            begin(index, .planned, instant, now, &free, &look)
            // Another schedule has the job, and the machine was not down: it stays due, as with somebody else's lock.
            if isAlone, entries[index].running == nil, entries[index].waiting == nil {
                entries[index].waiting = instant
            }
        }
        for index in entries.indices {
            guard backlog.has(entries[index].schedule.job) else { continue }
            if entries[index].isQueue {
                begin(index, .queued, nil, now, &free, &look)
            } else if isWoken(entries[index], now) {
                begin(index, .changed, nil, now, &free, &look)
            }
        }
        return look
    }

    /// The planned instant to begin with now; while a run goes on, what comes is skipped or waits.
    private func plannedStart(_ entry: inout Entry, _ due: [Timestamp]) -> Timestamp? {
        if entry.running != nil {
            // What was due before the run began is made up for after it.
            let begun = entry.begunAt ?? Timestamp(milliseconds: .max)
            guard let last = due.last, last + entry.schedule.delay > begun else { return nil }
            switch entry.schedule.overlap {
            case .skip: entry.skippedThrough = last
            case .queueOne: entry.waiting = last
            }
            return nil
        }
        if let waiting = entry.waiting { return max(waiting, due.last ?? waiting) }
        return due.first
    }

    private func isWoken(_ entry: Entry, _ now: Timestamp) -> Bool {
        guard entry.isStirred, case .every = entry.schedule.timing, entry.record?.isPaused == false else {
            return false
        }
        guard let last = entry.wokenAt ?? entry.record?.startedAt else { return true }
        // A clock that was set back must not silence it.
        return now >= last + Self.shortestGap || now < last
    }

    private mutating func begin(
        _ index: Int,
        _ cause: Start.Cause,
        _ planned: Timestamp?,
        _ now: Timestamp,
        _ free: inout Set<Schedule.Job>,
        _ look: inout Look
    ) {
        let entry = entries[index]
        guard entry.running == nil, free.contains(entry.schedule.job) else { return }
        if let pause = entry.notBefore, now < pause, pause - now <= Self.pause { return }
        free.remove(entry.schedule.job)
        let start = Start(schedule: entry.schedule, cause: cause, planned: planned)
        entries[index].running = start
        entries[index].begunAt = now
        entries[index].waiting = nil
        entries[index].isStirred = false
        if cause == .changed { entries[index].wokenAt = now }
        look.starts.append(start)
    }

    // MARK: Endings

    /// Takes note of a run's end; returns the planned instant through which its schedule is settled without a run.
    mutating func ended(_ start: Start, _ ending: Ending, at now: Timestamp) -> Timestamp? {
        guard let index = entries.firstIndex(where: { $0.running == start }) else { return nil }
        if entries[index].isRemoved {
            entries.remove(at: index)
            return nil
        }
        entries[index].running = nil
        let skipped = entries[index].skippedThrough
        entries[index].skippedThrough = nil
        switch ending {
        case .ran(outcome: "done"), .settled:
            // A queue that is never empty, whatever is done, must not keep a processor busy.
            entries[index].notBefore = entries[index].isQueue ? now + .seconds(1) : nil
        case .busy:
            entries[index].notBefore = now + Self.retry
            keepWaiting(index, start, skipped)
            return nil
        case .postponed:
            entries[index].notBefore = now + Self.pause
            keepWaiting(index, start, skipped)
            return nil
        case .ran:
            entries[index].notBefore = entries[index].isQueue ? now + Self.pause : nil
        case .failed, .interrupted:
            entries[index].notBefore = now + Self.pause
        }
        return skipped
    }

    /// A start that was not taken up stays due, however long that lasts; later ones of its own fall together with it.
    private mutating func keepWaiting(_ index: Int, _ start: Start, _ skipped: Timestamp?) {
        if start.cause == .changed { entries[index].isStirred = true }
        // A schedule whose times have changed meanwhile has begun anew.
        guard entries[index].schedule.definition == start.schedule.definition else { return }
        entries[index].waiting = [entries[index].waiting, start.planned, skipped].compactMap(\.self).max()
    }
}

extension Backlog {
    fileprivate func has(_ job: Schedule.Job) -> Bool {
        switch job {
        case .expire: hasGrantsDue
        case .revalidate: hasQuestionsDue
        case .revoke: hasRevocationsDue
        case .deliver: hasEventsDue
        case .auditCheckpoint, .purge, .rehearse: false
        }
    }
}

package import Grants

/// One stretch of time in which a blackout is on.
package struct BlackoutStretch: Hashable, Sendable {
    package var start: Timestamp
    /// The first instant after it; nil: no end is in sight, its starts come before each one is over.
    package var end: Timestamp?
    package var blackout: Blackout
}

/// When blackouts are on.
///
/// A blackout is on from each start of its cron expression for its length, in elapsed time. A start within it
/// begins the length anew, so that daily starts of `24h` are one stretch. How cron and clock changes go together is
/// described at ``ScheduleTimes``.
package struct BlackoutCalendar: Sendable {
    /// There is no blackout.
    package static let none = BlackoutCalendar()

    fileprivate struct Entry {
        var blackout: Blackout
        var times: CronTimes
        /// In milliseconds, above zero.
        var length: Int64
    }

    private let entries: [Entry]

    private init() {
        entries = []
    }

    /// Throws for the first blackout whose cron expression, zone or length is wrong.
    package init(_ blackouts: [Blackout], zones: TimeZoneDirectory = .system) throws(ScheduleError) {
        var entries: [Entry] = []
        for blackout in blackouts {
            guard blackout.length > .zero else {
                throw ScheduleError(.badInterval, "a blackout must be longer than nothing", hint: "write 24h")
            }
            let times = try CronTimes(
                expression: CronExpression(blackout.cron),
                rules: zones.rules(of: blackout.timeZone)
            )
            entries.append(Entry(blackout: blackout, times: times, length: blackout.length.milliseconds))
        }
        self.entries = entries
    }

    /// The first of the blackouts that are on; nil: none is.
    package func current(at instant: Timestamp) -> Blackout? {
        entries.first { $0.start(coveringFrom: instant).map { $0 <= instant } == true }?.blackout
    }

    /// The stretch of what ``current(at:)`` names, up to its end.
    ///
    /// It begins with the earliest start that by itself still holds at the instant.
    package func stretch(at instant: Timestamp) -> BlackoutStretch? {
        for entry in entries {
            if let start = entry.start(coveringFrom: instant), start <= instant { return entry.stretch(from: start) }
        }
        return nil
    }

    /// All stretches that touch [`from`, `to`), by their start; different blackouts may overlap.
    package func stretches(from: Timestamp, to: Timestamp) -> [BlackoutStretch] {
        var stretches: [BlackoutStretch] = []
        for entry in entries {
            var start = entry.start(coveringFrom: from)
            while let begin = start, begin < to {
                let stretch = entry.stretch(from: begin)
                stretches.append(stretch)
                start = stretch.end.flatMap { entry.times.next(after: $0) }
            }
        }
        return stretches.sorted { $0.start < $1.start }
    }
}

extension BlackoutCalendar.Entry {
    /// So many starts in a row without a gap have no end in sight.
    private static let endless = 10_000

    /// The first start whose length by itself reaches beyond an instant, which may lie after it.
    fileprivate func start(coveringFrom instant: Timestamp) -> Timestamp? {
        times.next(after: instant - .milliseconds(length))
    }

    fileprivate func stretch(from start: Timestamp) -> BlackoutStretch {
        var last = start
        for _ in 0..<Self.endless {
            let end = last + .milliseconds(length)
            guard let next = times.next(after: last), next <= end else {
                return BlackoutStretch(start: start, end: end, blackout: blackout)
            }
            last = next
        }
        return BlackoutStretch(start: start, end: nil, blackout: blackout)
    }
}

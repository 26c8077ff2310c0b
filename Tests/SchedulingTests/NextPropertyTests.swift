import Foundation
import Grants
import GrantsTestSupport
import Scheduling
import Testing

@Suite struct `The next start` {
    /// Where the seed comes from: the clock, or what a failed test printed.
    static let seed =
        ProcessInfo.processInfo.environment["GRANTKEEPER_SEED"].flatMap { UInt64($0) }
        ?? UInt64(Date().timeIntervalSince1970 * 1_000)
    /// Expressions for each stretch; more by hand.
    static let rounds = ProcessInfo.processInfo.environment["GRANTKEEPER_ROUNDS"].flatMap { Int($0) } ?? 12

    @Test(arguments: [
        ("UTC", "2026-12-15T00:00:00Z", 100), ("Europe/Berlin", "2026-01-01T00:00:00Z", 370),
        ("Europe/Berlin", "2043-03-01T00:00:00Z", 60), ("America/New_York", "2026-02-15T00:00:00Z", 280),
        ("Australia/Lord_Howe", "2026-03-10T00:00:00Z", 230), ("Asia/Kolkata", "2028-01-15T00:00:00Z", 60),
        ("America/Sao_Paulo", "2018-10-10T00:00:00Z", 150), ("Pacific/Apia", "2011-12-10T00:00:00Z", 40),
        ("Pacific/Apia", "2011-03-10T00:00:00Z", 220), ("Pacific/Kwajalein", "1993-08-10T00:00:00Z", 30),
        ("Europe/Dublin", "2026-03-10T00:00:00Z", 30), ("America/Caracas", "2007-12-01T00:00:00Z", 20),
    ])
    func `is the one that a walk over every minute finds`(zone: String, from: String, days: Int) throws {
        let calendar = try #require(SlowCalendar(zone: zone, from: at(from), days: days))
        let rules = try TimeZoneDirectory.system.rules(of: zone)
        for index in calendar.shown.indices {
            let local = calendar.shown[index]
            // On both sides of each change, and now and then between.
            guard index % 60 == 0 || local != calendar.shown[index - 1] + 1 else { continue }
            let minute = calendar.first + index
            guard rules.offset(at: Timestamp(milliseconds: Int64(minute) * 60_000)) == .minutes(Int64(local - minute))
            else {
                Issue.record("Foundation's clock of \(zone) differs at minute \(minute)")
                return
            }
        }
        var generator = CronGenerator(random: SplitMix64(seed: Self.seed))
        for _ in 0..<Self.rounds {
            let made = generator.next()
            let expected = calendar.starts(made)
            let times = try ScheduleTimes(schedule(made.text, in: zone))
            var found: [Int] = []
            var instant = Timestamp(milliseconds: Int64(calendar.first + 2_879) * 60_000 + 59_999)
            let end = Timestamp(milliseconds: Int64(calendar.first + calendar.shown.count - 1) * 60_000)
            while let next = times.next(after: instant, since: instant), next <= end, found.count <= expected.count {
                guard next.milliseconds % 60_000 == 0 else { break }
                found.append(Int(next.milliseconds / 60_000))
                instant = next
            }
            if found != expected {
                let difference = zip(found, expected).first { $0 != $1 }
                Issue.record(
                    """
                    seed \(Self.seed): '\(made.text)' in \(zone) from \(from): \(found.count) starts, expected \
                    \(expected.count); first difference \(difference.map { "\($0)" } ?? "at the end")
                    """
                )
                return
            }
            // From anywhere, not only from start to start.
            for _ in 0..<20 {
                let from = Int.random(
                    in: (calendar.first + 2_880)..<(calendar.first + calendar.shown.count),
                    using: &generator.random
                )
                let next = times.next(after: Timestamp(milliseconds: Int64(from) * 60_000), since: .distantPast)
                guard let wanted = expected.first(where: { $0 > from }) else { continue }
                if next != Timestamp(milliseconds: Int64(wanted) * 60_000) {
                    Issue.record("seed \(Self.seed): '\(made.text)' in \(zone) after minute \(from)")
                    return
                }
            }
        }
    }
}

import Foundation
import Grants
import GrantsTestSupport
import Scheduling
import Testing

@Suite struct `Time zones` {
    private let folder = TemporaryFolder()

    private func rules(_ file: TimeZoneBytes) throws -> TimeZoneRules {
        folder.write(file.bytes, to: "Zone")
        return try TimeZoneDirectory(path: folder.path).rules(of: "Zone")
    }

    private static func error(_ directory: TimeZoneDirectory, _ zone: String) -> ScheduleError? {
        do {
            _ = try directory.rules(of: zone)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        "UTC", "Europe/Berlin", "Europe/Dublin", "America/New_York", "America/Sao_Paulo", "Asia/Kolkata",
        "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia", "Pacific/Chatham",
    ])
    func `offsets are those that Foundation knows`(zone: String) throws {
        let rules = try TimeZoneDirectory.system.rules(of: zone)
        let reference = try #require(TimeZone(identifier: zone))
        // Half an hour less a second at a time, so that both sides of a change are met.
        var second = 631_152_000
        while second < 2_200_000_000 {
            let expected = reference.secondsFromGMT(for: Date(timeIntervalSince1970: Double(second)))
            let found = rules.offset(at: Timestamp(milliseconds: Int64(second) * 1_000))
            guard found == .seconds(expected) else {
                Issue.record("\(zone) at \(second): \(found), Foundation \(expected)")
                return
            }
            second += 26_099
        }
    }

    /// Offsets by the footer alone.
    @Test(arguments: [
        ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29T00:59:59Z", 3_600),
        ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29T01:00:00Z", 7_200),
        ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-10-25T00:59:59Z", 7_200),
        ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-10-25T01:00:00Z", 3_600),
        ("CET-1CEST,M3.5.0,M10.5.0/3", "2440-07-01T00:00:00Z", 7_200),
        // South of the equator.
        ("NZST-12NZDT,M9.5.0,M4.1.0/3", "2026-01-01T00:00:00Z", 46_800),
        ("NZST-12NZDT,M9.5.0,M4.1.0/3", "2026-07-01T00:00:00Z", 43_200),
        ("<+1245>-12:45<+1345>,M9.5.0/2:45,M4.1.0/3:45", "2026-07-01T00:00:00Z", 45_900),
        // The standard time of Ireland is that of the summer.
        ("IST-1GMT0,M10.5.0,M3.5.0/1", "2026-07-01T00:00:00Z", 3_600),
        ("IST-1GMT0,M10.5.0,M3.5.0/1", "2026-12-01T00:00:00Z", 0),
        // More than a day, and negative times.
        ("EET-2EEST,M3.4.4/50,M10.4.4/50", "2026-03-27T23:59:59Z", 7_200),
        ("EET-2EEST,M3.4.4/50,M10.4.4/50", "2026-03-28T00:00:00Z", 10_800),
        ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29T00:59:59Z", -7_200),
        ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29T01:00:00Z", -3_600),
        // 1 March, counted without and with the leap day.
        ("AAA0BBB,J60/0,J300/0", "2028-02-29T23:59:59Z", 0),
        ("AAA0BBB,J60/0,J300/0", "2028-03-01T00:00:00Z", 3_600),
        ("AAA0BBB,J60/0,J300/0", "2027-03-01T00:00:00Z", 3_600),
        ("AAA0BBB,59/0,300/0", "2028-02-29T00:00:00Z", 3_600),
        ("AAA0BBB,59/0,300/0", "2027-02-28T23:59:59Z", 0),
        // Summer time all the year round.
        ("EST5EDT,0/0,J365/25", "2026-01-01T05:00:00Z", -14_400),
        ("EST5EDT,0/0,J365/25", "2026-12-31T23:59:59Z", -14_400),
        ("EST5EDT,0/0,J365/25", "2027-01-01T04:59:59Z", -14_400),
        ("LMT-0:53:28", "2026-01-01T00:00:00Z", 3_208),
        ("<+26>-24<+25>-25,M3.5.0,M10.5.0", "2026-01-01T00:00:00Z", nil),
    ])
    func `the footer says how it goes on`(footer: String, instant: String, expected: Int?) throws {
        guard let expected else {
            #expect(throws: ScheduleError.self) { try rules(TimeZoneBytes(version: "3", footer: footer)) }
            return
        }
        let found = try rules(TimeZoneBytes(version: "3", footer: footer)).offset(at: at(instant))
        #expect(found == .seconds(expected))
    }

    @Test(arguments: ["\0", "2", "3", "4"])
    func `every version of the format is read`(version: String) throws {
        let file = TimeZoneBytes(
            version: version,
            changes: [(1_000_000_000, 1), (1_500_000_000, 0), (2_000_000_000, 1)],
            offsets: [3_600, -7_200],
            footer: ""
        )
        let rules = try rules(file)
        for (second, hours) in [
            (0, 1), (999_999_999, 1), (1_000_000_000, -2), (1_499_999_999, -2), (1_500_000_000, 1),
            (2_000_000_000, -2), (9_000_000_000, -2),
        ] as [(Int64, Int64)] {
            #expect(rules.offset(at: Timestamp(milliseconds: second * 1_000)) == .hours(hours))
        }
    }

    @Test func `a damaged file is refused and never a trap`() throws {
        let good = TimeZoneBytes(
            changes: [(1_000_000_000, 1), (1_500_000_000, 0)],
            offsets: [3_600, 7_200],
            footer: "CET-1CEST,M3.5.0,M10.5.0/3"
        )
        let bytes = good.bytes
        let directory = TimeZoneDirectory(path: folder.path)
        for length in 0..<bytes.count {
            folder.write(bytes[..<length], to: "Cut\(length)")
            #expect(Self.error(directory, "Cut\(length)")?.code == .badZone, "cut after \(length) bytes")
        }
        var generator = SplitMix64(seed: 3)
        for _ in 0..<500 {
            var broken = bytes
            for _ in 0...2 {
                broken[Int.random(in: 0..<broken.count, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            folder.write(broken, to: "Broken")
            _ = try? TimeZoneDirectory(path: folder.path).rules(of: "Broken").offset(at: at("2026-01-01T00:00:00Z"))
        }
        var leaps = good
        leaps.leapSeconds = 1
        folder.write(leaps.bytes, to: "Leaps")
        #expect(Self.error(directory, "Leaps")?.code == .badZone)
        for footer in ["CET", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0", "CET-1x", "-1", "CET-25"] {
            var other = good
            other.footer = footer
            folder.write(other.bytes, to: "Footer")
            #expect(Self.error(TimeZoneDirectory(path: folder.path), "Footer")?.code == .badZone, "\(footer)")
        }
    }

    @Test(arguments: [
        "../secret", "Europe/../../etc/passwd", "/etc/passwd", "Europe/", "Europe//Berlin", ".", "..", "", "a\0b",
        "Europe/Berlin\n", "Zürich",
    ])
    func `a name leads nowhere else`(zone: String) {
        #expect(Self.error(.system, zone)?.code == .unknownZone)
    }

    @Test func `an unknown zone is told with the nearest known one`() {
        #expect(Self.error(.system, "Europe/Berlim")?.message == "there is no time zone 'Europe/Berlim'")
        #expect(Self.error(.system, "Europe/Berlim")?.hint == "did you mean 'Europe/Berlin'?")
        #expect(Self.error(.system, "europe/berlin")?.hint == "did you mean 'Europe/Berlin'?")
        #expect(Self.error(.system, "Europe")?.code == .unknownZone)
    }

    @Test func `without a database only UTC is known, and the package is named`() throws {
        let directory = TimeZoneDirectory(path: folder.path)
        #expect(try directory.rules(of: "UTC").offset(at: .distantPast) == .zero)
        let error = Self.error(directory, "Europe/Berlin")
        #expect(error?.code == .noZones)
        #expect(error?.hint == "install Debian's package 'tzdata', or use UTC")
    }

    @Test func `a replaced file is read again`() throws {
        let directory = TimeZoneDirectory(path: folder.path)
        folder.write(TimeZoneBytes(footer: "AAA-1").bytes, to: "Zone")
        #expect(try directory.rules(of: "Zone").offset(at: .distantPast) == .hours(1))
        folder.write(TimeZoneBytes(footer: "AAA-10").bytes, to: "Zone")
        #expect(try directory.rules(of: "Zone").offset(at: .distantPast) == .hours(10))
    }

    @Test func `local times are shown with their offset`() throws {
        let berlin = try TimeZoneDirectory.system.rules(of: "Europe/Berlin")
        #expect(berlin.localTime(at: at("2026-10-25T00:30:00Z")) == "2026-10-25T02:30:00+02:00")
        #expect(berlin.localTime(at: at("2026-10-25T01:30:00Z")) == "2026-10-25T02:30:00+01:00")
        let newfoundland = try TimeZoneDirectory.system.rules(of: "America/St_Johns")
        #expect(newfoundland.localTime(at: at("2026-01-01T00:00:00Z")) == "2025-12-31T20:30:00-03:30")
    }
}

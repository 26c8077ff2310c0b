package import Grants
internal import Records

/// What clocks in one zone showed and will show.
package struct TimeZoneRules: Hashable, Sendable {
    /// A stretch of time in which the offset does not change; neighbours may have the same.
    struct Stretch: Hashable {
        /// Seconds since 1970-01-01 in UTC; `Int.min`: from ever.
        var start: Int
        /// The first second after it; `Int.max`: for ever.
        var end: Int
        /// Seconds to add to UTC.
        var offset: Int
    }

    /// No clock was ever further from UTC than this (RFC 9636 §3.2), in seconds.
    static let farthest = 26 * 3_600

    /// Ascending, in seconds.
    let changes: [Int]
    /// From each change on.
    let offsets: [Int]
    /// Before the first change.
    let firstOffset: Int
    /// From the last change on; nil: the last offset stays.
    let recurring: RecurringOffset?

    /// A zone whose clocks always show UTC; it needs no database.
    static let utc = TimeZoneRules(changes: [], offsets: [], firstOffset: 0, recurring: nil)

    /// How far local clocks are ahead of UTC.
    package func offset(at instant: Timestamp) -> Duration {
        .seconds(stretch(at: Self.seconds(instant)).offset)
    }

    /// The local time with its offset, as RFC 3339 writes it: `2026-10-25T02:30:00+01:00`.
    package func localTime(at instant: Timestamp) -> String {
        let offset = stretch(at: Self.seconds(instant)).offset
        var text = RFC3339.string(instant.milliseconds + Int64(offset * 1_000))
        text.removeLast()
        let minutes = abs(offset) / 60
        func pair(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return text + (offset < 0 ? "-" : "+") + pair(minutes / 60) + ":" + pair(minutes % 60)
    }

    /// The stretch that a second lies in.
    func stretch(at second: Int) -> Stretch {
        if let recurring, second >= changes.last ?? .min {
            var stretch = recurring.stretch(at: second)
            stretch.start = max(stretch.start, changes.last ?? .min)
            return stretch
        }
        // The first change after the second.
        var low = 0
        var high = changes.count
        while low < high {
            let middle = (low + high) / 2
            if changes[middle] > second { high = middle } else { low = middle + 1 }
        }
        return Stretch(
            start: low == 0 ? .min : changes[low - 1],
            end: low < changes.count ? changes[low] : .max,
            offset: low == 0 ? firstOffset : offsets[low - 1]
        )
    }

    /// The second that an instant lies in; what is beyond the years 1 and 9999 counts as these.
    static func seconds(_ instant: Timestamp) -> Int {
        floorDivided(Int(min(max(instant.milliseconds, RFC3339.earliest), RFC3339.latest)), by: 1_000).quotient
    }
}

import Glibc
import Grants

/// The three forms of an HTTP date (RFC 9110 §5.6.7); all are in GMT and know whole seconds only.
enum HTTPDate {
    /// Such as `Sun, 06 Nov 1994 08:49:37 GMT`.
    static func imfFixdate(_ time: Timestamp) -> String {
        let parts = civil(time)
        return "\(parts.weekday.prefix(3)), \(pad(parts.day)) \(parts.month) \(parts.year) \(parts.clock) GMT"
    }

    /// Such as `Sunday, 06-Nov-94 08:49:37 GMT`.
    static func rfc850(_ time: Timestamp) -> String {
        let parts = civil(time)
        return
            "\(parts.weekday), \(pad(parts.day))-\(parts.month)-\(pad(parts.year % 100)) \(parts.clock) GMT"
    }

    /// Such as `Sun Nov  6 08:49:37 1994`.
    static func asctime(_ time: Timestamp) -> String {
        let parts = civil(time)
        let day = parts.day < 10 ? " \(parts.day)" : "\(parts.day)"
        return "\(parts.weekday.prefix(3)) \(parts.month) \(day) \(parts.clock) \(parts.year)"
    }

    private struct Civil {
        var weekday: String
        var day: Int
        var month: String
        var year: Int
        var clock: String
    }

    private static func civil(_ time: Timestamp) -> Civil {
        var seconds = time_t(time.milliseconds / 1_000)
        var fields = tm()
        gmtime_r(&seconds, &fields)
        return Civil(
            weekday: weekdays[Int(fields.tm_wday)],
            day: Int(fields.tm_mday),
            month: months[Int(fields.tm_mon)],
            year: Int(fields.tm_year) + 1900,
            clock: [fields.tm_hour, fields.tm_min, fields.tm_sec].map { pad(Int($0)) }.joined(separator: ":")
        )
    }

    private static func pad(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    private static let weekdays = [
        "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
    ]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}

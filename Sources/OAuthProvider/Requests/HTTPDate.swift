internal import Grants
internal import Records

/// A date as HTTP writes it (RFC 9110 §5.6.7).
enum HTTPDate {
    /// Reads any of the three forms; nil for anything else, days that do not exist included.
    ///
    /// `now` places the two-digit year of the RFC 850 form: more than 50 years ahead means the past.
    static func parse(_ text: String, now: Timestamp) -> Timestamp? {
        guard text.utf8.count <= 40 else { return nil }
        let parts = text.split(separator: " ").map(String.init)
        switch parts.count {
        case 6: return fixdate(parts)
        case 4: return rfc850(parts, now: now)
        case 5: return asctime(parts)
        default: return nil
        }
    }

    /// `Sun, 06 Nov 1994 08:49:37 GMT`.
    private static func fixdate(_ parts: [String]) -> Timestamp? {
        guard parts[0].hasSuffix(","), shortDays.contains(String(parts[0].dropLast())), parts[5] == "GMT",
            let day = number(parts[1], digits: 2), let year = number(parts[3], digits: 4)
        else { return nil }
        return timestamp(year: year, month: parts[2], day: day, time: parts[4])
    }

    /// `Sunday, 06-Nov-94 08:49:37 GMT`.
    private static func rfc850(_ parts: [String], now: Timestamp) -> Timestamp? {
        let date = parts[1].split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        guard parts[0].hasSuffix(","), longDays.contains(String(parts[0].dropLast())), parts[3] == "GMT",
            date.count == 3, let day = number(date[0], digits: 2), let short = number(date[2], digits: 2),
            let thisYear = number(String(now.description.prefix(4)), digits: 4)
        else { return nil }
        let sameCentury = thisYear / 100 * 100 + short
        let year = sameCentury > thisYear + 50 ? sameCentury - 100 : sameCentury
        return timestamp(year: year, month: date[1], day: day, time: parts[2])
    }

    /// `Sun Nov  6 08:49:37 1994`.
    private static func asctime(_ parts: [String]) -> Timestamp? {
        guard shortDays.contains(parts[0]), let year = number(parts[4], digits: 4),
            let day = number(parts[2], digits: parts[2].utf8.count), parts[2].utf8.count <= 2
        else { return nil }
        return timestamp(year: year, month: parts[1], day: day, time: parts[3])
    }

    /// RFC 3339's reader knows the calendar.
    private static func timestamp(year: Int, month: String, day: Int, time: String) -> Timestamp? {
        guard let month = months.firstIndex(of: month) else { return nil }
        // A leap second is in HTTP's grammar and not in ours.
        let time = time.hasSuffix(":60") ? time.dropLast(2) + "59" : time[...]
        let text = "\(padded(year, 4))-\(padded(month + 1, 2))-\(padded(day, 2))T\(time)Z"
        guard text.utf8.count == 20 else { return nil }
        return RFC3339.parse(text).map(Timestamp.init(milliseconds:))
    }

    private static func number(_ text: String, digits: Int) -> Int? {
        guard text.utf8.count == digits, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int(text)
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }

    private static let shortDays: Set = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    private static let longDays: Set = [
        "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
    ]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}

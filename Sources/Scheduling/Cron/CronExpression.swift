/// The five fields of crontab(5), as cronie reads them.
///
/// Two days are told apart as there: if neither day field begins with `*`, a day matches by either of them, else
/// it has to match both; `*/2` begins with `*` too.
package struct CronExpression: Hashable, Sendable {
    /// The five fields, names in lower case, `@daily` and the like spelt out.
    package let text: String
    /// The minute or the hour begins with `*`: it follows the wall clock wherever that is moved to.
    package let isWildcard: Bool
    let minutes: UInt64
    let hours: UInt64
    let days: UInt64
    let months: UInt64
    /// Bit 0 is Sunday.
    let weekdays: UInt64
    let needsBothDays: Bool

    /// Reads five fields, or one of `@yearly`, `@annually`, `@monthly`, `@weekly`, `@daily`, `@midnight`, `@hourly`.
    ///
    /// Throws for whatever cronie refuses, and for what it takes and then never runs: reversed ranges.
    package init(_ text: String) throws(ScheduleError) {
        var words = text.split { $0 == " " || $0 == "\t" }.map { $0.lowercased() }
        if let word = words.first, word.hasPrefix("@") {
            words = try Self.fields(of: word, alone: words.count == 1)
        }
        guard words.count == 5 else { throw Self.wrongNumber(of: words) }
        let minute = try CronField.minute.read(words[0])
        let hour = try CronField.hour.read(words[1])
        let day = try CronField.day.read(words[2])
        let month = try CronField.month.read(words[3])
        let weekday = try CronField.weekday.read(words[4])
        minutes = minute
        hours = hour
        days = day
        months = month
        // 7 is Sunday too.
        weekdays = (weekday | weekday >> 7) & 0x7F
        isWildcard = words[0].hasPrefix("*") || words[1].hasPrefix("*")
        needsBothDays = words[2].hasPrefix("*") || words[4].hasPrefix("*")
        self.text = words.joined(separator: " ")
    }

    private static let nicknames = [
        ("@yearly", "0 0 1 1 *"), ("@annually", "0 0 1 1 *"), ("@monthly", "0 0 1 * *"),
        ("@weekly", "0 0 * * 0"), ("@daily", "0 0 * * *"), ("@midnight", "0 0 * * *"), ("@hourly", "0 * * * *"),
    ]

    private static func fields(of word: String, alone: Bool) throws(ScheduleError) -> [String] {
        if word == "@reboot" {
            throw ScheduleError(
                .badCron,
                "'@reboot' is not a time",
                hint: "the worker looks for what is due when it starts; missed starts follow catch_up"
            )
        }
        guard alone, let fields = nicknames.first(where: { $0.0 == word })?.1 else {
            let known = nicknames.map(\.0).joined(separator: ", ")
            let message = alone ? "'\(shown(word))' is not known" : "nothing may follow '\(shown(word))'"
            throw ScheduleError(.badCron, message, hint: "write five fields, or one of \(known)")
        }
        return fields.split(separator: " ").map(String.init)
    }

    private static func wrongNumber(of words: [String]) -> ScheduleError {
        var hint = "write \"15 2 * * *\" for 02:15 every day"
        if words.count == 6 {
            hint = "there is no field for seconds or years, and the zone is in 'time_zone'; remove the sixth"
        } else if words.first?.contains("=") == true {
            hint = "the zone is in 'time_zone'"
        }
        return ScheduleError(
            .badCron,
            "expected five fields (minute, hour, day of month, month, day of week), found \(words.count)",
            hint: hint
        )
    }

    /// Fit for a terminal and short.
    static func shown(_ word: some StringProtocol) -> String {
        let printable = word.unicodeScalars.prefix(24).map { $0.value > 32 && $0.value < 127 ? Character($0) : "?" }
        return String(printable) + (word.unicodeScalars.count > 24 ? "…" : "")
    }
}

import Grants
import Scheduling
import Testing

@Suite struct `Cron expressions` {
    static func error(_ text: String) -> String? {
        do {
            _ = try CronExpression(text)
            return nil
        } catch {
            return error.hint.map { "\(error.message); \($0)" } ?? error.message
        }
    }

    @Test(arguments: [
        ("0 0 * *", "expected five fields (minute, hour, day of month, month, day of week), found 4"),
        ("", "expected five fields (minute, hour, day of month, month, day of week), found 0"),
        ("0 0 0 * * *", "found 6; there is no field for seconds or years, and the zone is in 'time_zone'"),
        ("CRON_TZ=UTC 0 0 * * *", "there is no field for seconds or years"),
        ("60 0 * * *", "the minute has 60, expected 0 to 59"),
        ("0 24 * * *", "the hour has 24, expected 0 to 23"),
        ("0 0 0 * *", "the day of month has 0, expected 1 to 31"),
        ("0 0 1-32 * *", "the day of month has 32 in '1-32', expected 1 to 31"),
        ("0 0 * 13 *", "the month has 13, expected 1 to 12 or jan to dec"),
        ("0 0 * * 8", "the day of week has 8, expected 0 to 7 (both Sunday) or sun to sat"),
        ("0 0 * * monday", "the day of week has 'monday' in 'monday', expected 0 to 7"),
        ("0 0 * * monday", "did you mean 'mon'?"),
        ("0 0 * jna *", "did you mean 'jan'?"),
        ("mon 0 * * *", "the minute has 'mon' in 'mon', expected 0 to 59"),
        ("5/15 * * * *", "the minute has a step after a single value, '5/15'; write 5-59/15, or */15"),
        ("*/0 * * * *", "the minute has the step 0 in '*/0'"),
        ("1-5/0 * * * *", "the minute has the step 0 in '1-5/0'"),
        ("*/ * * * *", "the minute has '*/', where a number has to follow the '/'"),
        ("*/5/5 * * * *", "where a number has to follow the '/'"),
        ("0 0 * * */mon", "where a number has to follow the '/'"),
        ("0 17-9 * * *", "the hour has the reversed range '17-9'; write two ranges: 17-23,0-9"),
        ("0 0 * nov-feb *", "the month has the reversed range 'nov-feb'; write two ranges: 11-12,1-2"),
        ("0 0 * * fri-mon", "the day of week has the reversed range 'fri-mon'; write two ranges: 5-6,0-1"),
        ("0 0 * * sun-sun", "which may mean one day or all"),
        ("1,,2 * * * *", "the minute has an empty place in the list '1,,2'"),
        ("1, * * * *", "the minute has an empty place in the list '1,'"),
        ("1- * * * *", "the minute lacks a value in '1-'"),
        ("-1 * * * *", "the minute lacks a value in '-1'"),
        ("1-2-3 * * * *", "the minute has '2-3' in '1-2-3'"),
        ("*-5 * * * *", "the minute has '*' in '*-5'"),
        ("*5 * * * *", "the minute has '*5' in '*5'"),
        ("0~30 * * * *", "the minute has the random value '0~30', which is not supported"),
        ("0~30 * * * *", "spread the starts with 'jitter'"),
        ("0 0 L * *", "L, W, # and ? are not cron's"),
        ("0 0 ? * *", "L, W, # and ? are not cron's"),
        ("0 0 * * 5#2", "L, W, # and ? are not cron's"),
        ("+5 0 * * *", "the minute has '+5'"),
        ("99999999999999999999 0 * * *", "expected 0 to 59"),
        ("@reboot", "'@reboot' is not a time"),
        ("@reboot", "missed starts follow catch_up"),
        ("@fortnightly", "'@fortnightly' is not known; write five fields, or one of @yearly"),
        ("@daily 5", "nothing may follow '@daily'"),
        ("\u{1B}[2J 0 * * *", "the minute has '?[2j'"),
    ])
    func `a mistake names the field, what was found and what is allowed`(text: String, expected: String) {
        let found = Self.error(text) ?? "no error"
        #expect(found.contains(expected), "\(found)")
    }

    @Test(arguments: [
        ("@yearly", "0 0 1 1 *"), ("@annually", "0 0 1 1 *"), ("@monthly", "0 0 1 * *"), ("@weekly", "0 0 * * 0"),
        ("@daily", "0 0 * * *"), ("@midnight", "0 0 * * *"), ("@hourly", "0 * * * *"),
        ("  5\t4 * JAN,mar-May  Sun ", "5 4 * jan,mar-may sun"),
    ])
    func `nicknames and blanks are another way to write the five fields`(text: String, fields: String) throws {
        #expect(try CronExpression(text) == CronExpression(fields))
        #expect(try CronExpression(text).text == fields)
    }

    @Test(arguments: [
        ("* 5 * * *", true), ("5 * * * *", true), ("*/5 5 * * *", true), ("5 */2 * * *", true), ("*,5 5 * * *", true),
        ("0-59 0-23 * * *", false), ("5,* 5 * * *", false), ("5 5 * * *", false),
    ])
    func `an expression whose minute or hour begins with a star is a wildcard`(text: String, expected: Bool) throws {
        #expect(try CronExpression(text).isWildcard == expected)
    }

    /// The days of November 2026, which begins on a Sunday.
    @Test(arguments: [
        ("0 0 13 * 5", [6, 13, 20, 27]),
        ("0 0 10 * 5", [6, 10, 13, 20, 27]),
        ("0 0 */2 * 1", [9, 23]),
        ("0 0 1-31/2 * 1", Array(stride(from: 1, through: 29, by: 2)) + [2, 16, 30]),
        ("0 0 10 * */2", [10]),
        ("0 0 9 * */2", []),
        ("0 0 9 * 0-6/2", [1, 3, 5, 7, 8, 9, 10, 12, 14, 15, 17, 19, 21, 22, 24, 26, 28, 29]),
        ("0 0 * * 0", [1, 8, 15, 22, 29]),
        ("0 0 * * 7", [1, 8, 15, 22, 29]),
        ("0 0 * * fri-0", [1, 6, 7, 8, 13, 14, 15, 20, 21, 22, 27, 28, 29]),
        ("0 0 *,10 * 2", [3, 10, 17, 24]),
        ("0 0 */10 * *", [1, 11, 21]),
    ])
    func `the day fields are joined by the star flag of their first characters`(text: String, days: [Int]) throws {
        let times = try ScheduleTimes(schedule(text))
        var found: [Int] = []
        var instant = at("2026-10-31T12:00:00Z")
        while let next = times.next(after: instant, since: instant), next < at("2026-12-01T00:00:00Z") {
            found.append(Int((next - at("2026-11-01T00:00:00Z")).milliseconds / 86_400_000) + 1)
            instant = next
        }
        #expect(found == days.sorted())
    }
}

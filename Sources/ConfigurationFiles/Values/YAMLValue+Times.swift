internal import Grants
internal import Scheduling

extension YAMLValue {
    /// A cron expression that comes at some time, its blanks evened out.
    func cron() -> String? {
        guard let text = text() else { return nil }
        do throws(ScheduleError) {
            guard try CronExpression(text).namesAnyDay else {
                report("'\(name)' never comes: no such month has such a day", hint: "correct the day or the month")
                return nil
            }
        } catch {
            report("'\(name)': \(error.message)", hint: error.hint)
            return nil
        }
        return text.split { $0 == " " || $0 == "\t" }.joined(separator: " ")
    }

    /// The name of a zone that the system's database has.
    func timeZone() -> String? {
        guard let text = text() else { return nil }
        do throws(ScheduleError) {
            _ = try reading.zones.rules(of: text)
            return text
        } catch {
            report("'\(name)': \(error.message)", hint: error.hint)
            return nil
        }
    }

    /// From one start to the next.
    func interval() -> Duration? {
        guard let interval = duration(mayBeZero: false) else { return nil }
        guard interval >= .seconds(1) else {
            report("'\(name)' must be at least 1s", hint: "write 15m or 24h")
            return nil
        }
        return interval
    }
}

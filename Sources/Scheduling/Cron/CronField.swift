internal import Records

/// What one field of a cron expression may say.
///
/// A list of `*`, `n`, `a-b`, the first and the last with a step: `*/15`, `9-17/2`. Names stand for numbers.
struct CronField {
    let name: String
    let range: ClosedRange<Int>
    /// The names of the numbers from the range's first on.
    var names: [String] = []
    /// What is allowed, to be shown.
    let allowed: String

    static let minute = CronField(name: "minute", range: 0...59, allowed: "0 to 59")
    static let hour = CronField(name: "hour", range: 0...23, allowed: "0 to 23")
    static let day = CronField(name: "day of month", range: 1...31, allowed: "1 to 31")
    static let month = CronField(
        name: "month",
        range: 1...12,
        names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
        allowed: "1 to 12 or jan to dec"
    )
    static let weekday = CronField(
        name: "day of week",
        range: 0...7,
        names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
        allowed: "0 to 7 (both Sunday) or sun to sat"
    )

    /// The numbers of a field as bits; `text` is in lower case.
    func read(_ text: String) throws(ScheduleError) -> UInt64 {
        var bits: UInt64 = 0
        for element in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard !element.isEmpty else {
                throw error("has an empty place in the list '\(CronExpression.shown(text))'", hint: "remove the comma")
            }
            bits |= try read(element: element)
        }
        return bits
    }

    private func read(element: Substring) throws(ScheduleError) -> UInt64 {
        let shown = CronExpression.shown(element)
        if element.contains("~") {
            throw error(
                "has the random value '\(shown)', which is not supported",
                hint: "write one value, and spread the starts with 'jitter'"
            )
        }
        let parts = element.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let bounds = parts[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let step = parts.count == 2 ? try step(parts[1], in: shown) : 1
        var values = range
        if parts[0] != "*" {
            let first = try number(bounds[0], in: shown)
            if bounds.count == 1 {
                guard parts.count == 1 else {
                    throw error(
                        "has a step after a single value, '\(shown)'",
                        hint: "write \(parts[0])-\(range.upperBound)/\(step), or */\(step)"
                    )
                }
                return 1 << UInt64(first)
            }
            values = try ordered(first, number(bounds[1], in: shown), in: shown)
        }
        return stride(from: values.lowerBound, through: values.upperBound, by: step)
            .reduce(into: 0) { $0 |= 1 << UInt64($1) }
    }

    /// A range's values; one that ends on a Sunday may call it 0.
    private func ordered(_ first: Int, _ last: Int, in shown: String) throws(ScheduleError) -> ClosedRange<Int> {
        let isWeek = range.upperBound == 7
        if isWeek, last == 0, first > 0 { return first...7 }
        guard first <= last, !(isWeek && first == 0 && last == 0) else {
            throw error(
                first == last
                    ? "has the range '\(shown)', which may mean one day or all" : "has the reversed range '\(shown)'",
                hint: first == last
                    ? "write 0 for Sundays or * for every day"
                    : "write two ranges: \(first)-\(isWeek ? 6 : range.upperBound),\(range.lowerBound)-\(last)"
            )
        }
        return first...last
    }

    private func step(_ text: Substring, in shown: String) throws(ScheduleError) -> Int {
        guard isDigits(text) else {
            throw error("has '\(shown)', where a number has to follow the '/'", hint: "write */15 or 10-30/5")
        }
        // What is longer than a field is only ever its first value.
        let step = text.count > 3 ? 1_000 : Int(text) ?? 0
        guard step > 0 else { throw error("has the step 0 in '\(shown)'", hint: "a step is at least 1") }
        return step
    }

    private func number(_ text: Substring, in shown: String) throws(ScheduleError) -> Int {
        if let index = names.firstIndex(of: String(text)) { return range.lowerBound + index }
        guard isDigits(text) else {
            let near = names.first { text.hasPrefix($0) } ?? nearestWord(to: String(text), in: names)
            throw error(
                text.isEmpty ? "lacks a value in '\(shown)'" : "has '\(CronExpression.shown(text))' in '\(shown)'",
                expected: true,
                hint: near.map { "did you mean '\($0)'?" }
                    ?? (shown.contains { "LW#?".lowercased().contains($0) } ? "L, W, # and ? are not cron's" : nil)
            )
        }
        let value = text.count > 4 ? Int.max : Int(text) ?? .max
        guard range.contains(value) else {
            throw error(
                "has \(CronExpression.shown(text))" + (String(text) == shown ? "" : " in '\(shown)'"),
                expected: true
            )
        }
        return value
    }

    private func isDigits(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    private func error(_ what: String, expected: Bool = false, hint: String? = nil) -> ScheduleError {
        ScheduleError(
            .badCron,
            field: name,
            "the \(name) \(what)" + (expected ? ", expected \(allowed)" : ""),
            hint: hint
        )
    }
}

internal import Grants

extension Schedule {
    /// A schedule, or nil after its mistakes were reported.
    init?(_ value: YAMLValue, name: String) {
        let shape = YAMLValue.Shape(
            known: [
                "job", "cron", "every", "time_zone", "jitter", "overlap", "catch_up", "only",
                "pause_on_failure",
            ],
            required: ["job"]
        )
        guard let members = value.members(shape) else { return nil }
        let job = members["job"]?.word(Job.self)
        let cron = members["cron"]?.cron()
        let every = members["every"]?.duration(mayBeZero: false)
        if (members["cron"] == nil) == (members["every"] == nil) {
            (members["every"] ?? value).report(
                "a schedule must have exactly one of 'cron' and 'every'",
                hint: "write 'cron: \"15 2 * * *\"' or 'every: 24h'"
            )
        }
        let zone = members["time_zone"]?.timeZone()
        if members["every"] != nil, let zone = members["time_zone"] {
            zone.report("'time_zone' has no meaning with 'every'", hint: "remove it, or use 'cron'")
        }
        let jitter = members["jitter"]?.duration()
        let overlap = members["overlap"]?.word(Overlap.self)
        let catchUp = members["catch_up"].map { CatchUp($0) }
        let only = members["only"].map { Narrowing($0) }
        let pauses = members["pause_on_failure"]?.integer(atLeast: 1)
        guard let job, let timing = cron.map(Timing.cron) ?? every.map(Timing.every) else { return nil }
        self.init(name: name, job: job, timing: timing)
        timeZone = zone ?? timeZone
        self.jitter = jitter ?? self.jitter
        self.overlap = overlap ?? self.overlap
        self.catchUp = catchUp ?? self.catchUp
        self.only = only ?? self.only
        pauseAfterFailures = pauses
    }
}

extension Schedule.CatchUp {
    fileprivate init(_ value: YAMLValue) {
        self.init()
        let members = value.members(YAMLValue.Shape(known: ["max", "window"]))
        max = members?["max"]?.integer(atLeast: 0) ?? max
        window = members?["window"]?.duration() ?? window
    }
}

extension Schedule.Narrowing {
    fileprivate init(_ value: YAMLValue) {
        self.init()
        let members = value.members(YAMLValue.Shape(known: ["tenants", "providers"]))
        tenants = members?["tenants"]?.narrowing { $0.identifier() }?.map { TenantID($0) }
        providers = members?["providers"]?.narrowing { $0.identifier() }?.map { ProviderID($0) }
    }
}

extension YAMLValue {
    /// The form of a cron expression; the fields' values are for whoever runs it.
    fileprivate func cron() -> String? {
        guard let text = text() else { return nil }
        let words = ["@hourly", "@daily", "@weekly", "@monthly", "@yearly"]
        if text.hasPrefix("@") {
            guard words.contains(text) else {
                report(
                    "'\(name)' must be five fields or one of \(words.joined(separator: ", "))",
                    hint: "write \"15 2 * * *\" or @daily"
                )
                return nil
            }
            return text
        }
        let fields = text.split { $0 == " " || $0 == "\t" }
        let areAllowed = fields.allSatisfy { field in
            field.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "*,-/".contains($0)) }
        }
        guard fields.count == 5, areAllowed else {
            let found = fields.count == 5 ? "a character that none may hold" : "\(fields.count)"
            report(
                "'\(name)' must have five fields (minute, hour, day of month, month, day of week), "
                    + "found \(found)",
                hint: "write \"15 2 * * *\" for 02:15 every day"
            )
            return nil
        }
        return fields.joined(separator: " ")
    }

    /// A name that can be looked up below the system's directory of zones, and nowhere else.
    fileprivate func timeZone() -> String? {
        guard let text = text() else { return nil }
        let isName = text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_+-/".contains($0)) }
        guard isName, text.first != "/", text.last != "/", !text.contains("//") else {
            report("'\(name)' must be a time zone's name", hint: "write UTC or Europe/Berlin")
            return nil
        }
        return text
    }
}

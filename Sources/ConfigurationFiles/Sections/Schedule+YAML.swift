internal import Grants
internal import Scheduling

extension Schedule {
    /// A schedule, or nil after its mistakes were reported.
    ///
    /// With `checksNames`, `only` has to name tenants and providers that the reading knows.
    init?(_ value: YAMLValue, name: String, checksNames: Bool) {
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
        let every = members["every"]?.interval()
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
        let only = members["only"].map { Narrowing($0, job, checksNames: checksNames) }
        if job == .rehearse, members["only"] == nil {
            value.report(
                "a rehearsal must say whose containment is rehearsed",
                hint: "write 'only: { tenants: [acme] }', or 'clients' or 'providers'"
            )
        }
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
    /// More missed starts than this would only be a queue of the same work.
    private static let most = 100
    private static let longest = Duration.days(366)

    fileprivate init(_ value: YAMLValue) {
        self.init()
        let members = value.members(YAMLValue.Shape(known: ["max", "window"]))
        max = members?["max"]?.integer(atLeast: 0) ?? max
        window = members?["window"]?.duration() ?? window
        if max > Self.most {
            members?["max"]?.report("'catch_up.max' must be at most \(Self.most)", hint: "1 is enough for most jobs")
        }
        if window > Self.longest {
            members?["window"]?.report("'catch_up.window' must be at most \(Self.longest.typed)")
        }
    }
}

extension Schedule.Narrowing {
    fileprivate init(_ value: YAMLValue, _ job: Schedule.Job?, checksNames: Bool) {
        self.init()
        let shape = YAMLValue.Shape(known: ["tenants", "providers", "clients"])
        let members = value.members(shape)
        tenants = members?["tenants"]?.narrowing { element in
            checksNames ? element.reference(to: \.tenants, "tenant") : element.identifier()
        }?.map { TenantID($0) }
        providers = members?["providers"]?.narrowing { element in
            checksNames ? element.reference(to: \.providers, "provider") : element.identifier()
        }?.map { ProviderID($0) }
        // A client may be one whose credentials nobody has: any name goes.
        clients = members?["clients"]?.narrowing { $0.identifier() }?.map { ClientID($0) }
        if let names = members?["clients"], let job, job != .rehearse {
            names.report("'only.clients' has no meaning with the job \(job.rawValue)", hint: "remove it")
        }
        if job == .rehearse, let members, shape.known.allSatisfy({ members[$0] == nil }) {
            value.report("'only' names nobody", hint: "write 'only: { tenants: [acme] }', or 'clients' or 'providers'")
        }
    }
}

internal import Grants

extension RetentionSettings {
    /// The shortest that a kind may be kept.
    ///
    /// A log that is read weeks late must still find its grant, and a person the entries that a report names.
    private static let shortest = Duration.days(30)
    private static let shortestForRuns = Duration.days(7)

    /// How long what is over is kept; what is not said is kept for ever.
    init(_ value: YAMLValue, _ policy: ReadPolicy) {
        self.init()
        let shape = YAMLValue.Shape(known: ["keep_ended", "keep_journal", "keep_runs", "archive"])
        guard let members = value.members(shape) else { return }
        keepEnded = members["keep_ended"]?.period(atLeast: Self.shortest)
        keepJournal = members["keep_journal"]?.period(atLeast: Self.shortest)
        keepRuns = members["keep_runs"]?.period(atLeast: Self.shortestForRuns)
        archivePath = members["archive"]?.path()
        if let archivePath, value.reading.checks != .none, FileBytes.kind(of: archivePath) != .directory {
            members["archive"]?.report(
                "'\(value.name).archive' is no directory: '\(archivePath)'",
                hint: "create it, outside of what is restored with the store, or correct the path"
            )
        }
        if members["archive"] == nil, !purgesNothing {
            value.report(
                "'\(value.name)' lacks 'archive': nothing is removed before it is written there",
                hint: "write 'archive: DIRECTORY', or none for each period"
            )
        }
        if let keepEnded, let member = members["keep_ended"] {
            Self.check(keepEnded, member, policy)
        }
    }

    /// What a rule still looks back at must not leave: the last use of an ended member is its family's.
    private static func check(_ keepEnded: Duration, _ member: YAMLValue, _ policy: ReadPolicy) {
        var idle = policy.policy.defaults.idleAfter
        var window = max(policy.policy.defaults.valve.window, policy.policy.totalValve.window)
        for placed in policy.changes {
            switch placed.change {
            case .idleAfter(let period): idle = max(idle, period)
            case .valveWindow(let period): window = max(window, period)
            default: break
            }
        }
        for (name, period) in [("idle_after", idle), ("valve.window", window)] where keepEnded < period {
            member.report(
                "'\(member.name)' is \(keepEnded.typed), shorter than the longest '\(name)', \(period.typed)",
                hint: "keep ended grants at least as long: a rule looks back at them"
            )
        }
    }
}

extension YAMLValue {
    /// A duration of at least so long, or `none` for ever; nil also after a mistake was reported.
    fileprivate func period(atLeast least: Duration) -> Duration? {
        if quietText == "none" { return nil }
        if isNull {
            reportType(expected: "a duration or none", hint: "write 400d, or none to keep all of them")
            return nil
        }
        guard let period = duration(mayBeZero: false) else { return nil }
        guard period >= least else {
            report("'\(name)' must be at least \(least.typed), found \(period.typed)")
            return nil
        }
        return period
    }
}

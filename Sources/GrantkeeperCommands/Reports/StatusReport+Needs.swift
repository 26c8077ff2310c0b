internal import Grants

extension StatusReport {
    /// Something that does not go away by itself.
    struct Need: Sendable {
        /// A stable word for scripts.
        var code: String
        var message: String
        /// What to do, mostly a command.
        var hint: String

        /// All there are.
        static let codes = [
            "stuck", "resurfaced", "no-room", "provider-held", "frozen", "plan-held", "run-failed", "schedule-paused",
            "schedule-failing", "backlog", "verdicts-do-not-count", "answers-unknown", "questions-late",
            "cannot-revoke",
            "cannot-judge", "client-stands-still", "sink-behind", "feed-stale", "provider-silent",
        ]
    }

    private static let failuresThatCount = 3
    private static let deliveryPatience = Duration.hours(1)
    private static let breakerPatience = Duration.hours(1)
    /// A run a day, and half a day for the run.
    private static let backlogPatience = Duration.hours(36)

    /// What needs a person, most urgent first: access that should be gone, then what stops ends, then what is late.
    var needs: [Need] {
        stuckNeeds + resurfacedNeeds + roomNeeds + gateNeeds + runNeeds + scheduleNeeds + backlogNeeds + standstillNeeds
            + sinkNeeds + feedNeeds + breakerNeeds
    }

    private var stuckNeeds: [Need] {
        let stuck = grants(.stuck)
        guard stuck > 0 else { return [] }
        return [
            Need(
                code: "stuck",
                message:
                    "\(Console.count(stuck, "grant")) \(stuck == 1 ? "is" : "are") stuck: decided, and still usable",
                hint: "grantkeeper grants list --standing stuck"
            )
        ]
    }

    private var gateNeeds: [Need] {
        var needs = holds.sorted { $0.key < $1.key }.compactMap { provider, hold in
            // A surge is shown as the plan that can be approved.
            hold.needsApproval && heldPlans.contains { $0.isOfProvider && $0.provider == provider }
                ? nil
                : Need(
                    code: "provider-held",
                    message: "\(Console.printable(provider.rawValue)) is held since \(hold.since): \(hold.why)",
                    hint: "grantkeeper providers check"
                )
        }
        needs += freezes.map { freeze in
            Need(
                code: "frozen",
                message: "frozen since \(freeze.since): \(Console.printableLong(freeze.selection.words))"
                    + " (\(Console.printableLong(freeze.reason)))",
                hint: "grantkeeper thaw"
            )
        }
        needs += heldPlans.filter { $0.why == Gates.Gate.blackout.rawValue }.map { plan in
            Need(
                code: "plan-held",
                message:
                    "\(Console.count(plan.wouldEnd, "grant")) of \(Console.printableLong(HeldPlans.scope(plan))) should end, "
                    + "and a blackout holds them since \(plan.heldAt)",
                hint: "grantkeeper schedules next; 'rotation.blackout' in the configuration says until when"
            )
        }
        needs += heldPlans.filter { $0.why == Gates.Gate.noDate.rawValue }.map { plan in
            Need(
                code: "plan-held",
                message:
                    "\(Console.count(plan.wouldEnd, "grant")) of \(Console.printableLong(HeldPlans.scope(plan))) should "
                    + "end by the clock, and the provider sent no 'Date' to check ours by",
                hint: "grantkeeper providers check; 'clock: trusted' on the provider goes on without"
            )
        }
        needs += heldPlans.filter(\.isApprovable).map { plan in
            Need(
                code: "plan-held",
                message: plan.why == "scope-policy"
                    ? "a scope policy by which \(Console.count(plan.wouldEnd, "grant")) would be out of policy "
                        + "waits for approval"
                    : "a plan to end \(Console.count(plan.wouldEnd, "grant")) of "
                        + "\(Console.printableLong(HeldPlans.scope(plan))) waits for approval (\(plan.why))",
                hint: "grantkeeper runs list"
            )
        }
        return needs
    }

    private var roomNeeds: [Need] {
        rooms.filter { $0.free < DiskRoom.least }.map { room in
            Need(
                code: "no-room",
                message:
                    "\(Console.printableLong(room.path)) has room for \(Console.figure(Int(room.free >> 20))) MiB only",
                hint: "df -h \(room.path); df -i \(room.path)"
            )
        }
    }

    /// Jobs that take no lock, so that whether they go on cannot be seen.
    private static let lockless: Set = ["contain", "revoke"]

    /// The last run of a job failed, or was cut off: what it was to do is not done.
    private var runNeeds: [Need] {
        lastRuns.compactMap { run in
            let isCutOff =
                run.endedAt == nil && !isRunning(run)
                && (!Self.lockless.contains(run.job) || at - run.startedAt > Self.deliveryPatience)
            guard isCutOff || run.outcome == "failed" else { return nil }
            let name = Console.printable(run.job)
            return Need(
                code: "run-failed",
                message: isCutOff
                    ? "run \(run.id) of \(name), begun at \(run.startedAt), was cut off: it has not ended and nothing works "
                        + "on it"
                    : "the last run of \(name) (\(run.id)) failed at \(run.endedAt ?? run.startedAt)"
                        + (failures[run.id].map { ": \(Console.printableLong($0))" } ?? ""),
                hint: "grantkeeper runs show \(run.id); the next run of the job takes up what is left"
            )
        }
    }

    private var scheduleNeeds: [Need] {
        schedules.compactMap { line in
            guard let record = line.record, record.isPaused || record.failures >= Self.failuresThatCount else {
                return nil
            }
            let name = Console.printable(line.name)
            let failures = "after \(Console.count(record.failures, "failure")) in a row"
            return Need(
                code: record.isPaused ? "schedule-paused" : "schedule-failing",
                message: record.isPaused
                    ? "the schedule \(name) is paused \(failures)"
                    : "the schedule \(name) does not succeed, \(failures)",
                hint: "grantkeeper runs list"
            )
        }
    }

    /// Judging goes on in every mode; only what a gate stops stays due by right, as long as runs look at it.
    private var backlogNeeds: [Need] {
        let isLookedAt = lastRuns.contains { run in
            ["expire", "rotate"].contains(run.job) && at - run.startedAt <= Self.backlogPatience
        }
        let isStopped = !heldPlans.isEmpty || !freezes.isEmpty || !holds.isEmpty
        guard let oldest = overview.oldestDue, at - oldest > Self.backlogPatience, mode == .enforce,
            !isStopped || !isLookedAt
        else { return [] }
        return [
            Need(
                code: "backlog",
                message: "what is due has not been judged since \(oldest)",
                hint: "is the worker running, or 'grantkeeper rotate' in cron?"
            )
        ]
    }

    private var sinkNeeds: [Need] {
        sinks.compactMap { sink in
            let isLate = sink.oldest.map { at - $0 > Self.deliveryPatience } ?? false
            guard isLate || sink.failures > 0, sink.behind > 0 else { return nil }
            return Need(
                code: "sink-behind",
                message: "the sink \(Console.printable(sink.id)) is \(Console.count(sink.behind, "event")) behind"
                    + (sink.lastError.map { ": \(Console.printableLong($0))" } ?? ""),
                hint: "grantkeeper events deliver"
            )
        }
    }

    private var feedNeeds: [Need] {
        feeds.filter(\.isStale).map { feed in
            Need(
                code: "feed-stale",
                message: "the feed \(Console.printable(feed.id)) "
                    + (feed.observedUntil.map { "has observed until \($0) only" }
                        ?? "has never said how far it observed")
                    + ": nothing it covers ends for disuse"
                    + (feed.mapped + feed.unmapped > 0
                        ? " (since its last move \(Console.count(feed.mapped, "line")) named a known grant, "
                            + "\(Console.figure(feed.unmapped)) did not)" : "")
                    + (feed.unreadableWords.map { "; \(Console.printableLong($0))" } ?? ""),
                hint: "grantkeeper usage feeds"
            )
        }
    }

    private var breakerNeeds: [Need] {
        breakers.sorted { $0.key < $1.key }.compactMap { provider, breaker in
            guard at - breaker.openedAt > Self.breakerPatience else { return nil }
            return Need(
                code: "provider-silent",
                message: "\(Console.printable(provider.rawValue)) has not answered since \(breaker.openedAt) "
                    + "(\(breaker.lastError)); next try at \(breaker.retryAt)",
                hint: "grantkeeper providers check"
            )
        }
    }
}

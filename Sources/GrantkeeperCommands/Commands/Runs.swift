internal import ArgumentParser
internal import Grants
internal import Records
internal import RotationWorker

struct Runs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs",
        abstract: "Past runs, and what a gate holds.",
        subcommands: [RunsList.self, RunsShow.self, RunsApprove.self],
        defaultSubcommand: RunsList.self
    )
}

struct RunsList: GrantkeeperCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "The last runs, newest first, and what is held."
    )

    @OptionGroup var common: CommonOptions
    @Option(help: "At most so many runs.")
    var limit = 20

    func perform(_ environment: ProgramEnvironment) async throws -> ExitStatus {
        try await Session.run(environment, common, .read) { session in
            let limit = limit
            let (runs, held) = try await session.store.read { (try $0.runs(limit: limit), try $0.heldPlans()) }
            if common.json {
                for run in runs { session.console.json(Self.json(run)) }
                for plan in held { session.console.json(Self.json(plan)) }
                return held.isEmpty ? .success : .findings
            }
            session.console.table(
                ["RUN", "JOB", "STARTED", "OUTCOME", "BY"],
                runs.map {
                    [
                        String($0.id), $0.job, $0.startedAt.description, $0.outcome ?? "going on, or killed",
                        $0.actor.words,
                    ]
                }
            )
            if !held.isEmpty {
                session.console.line()
                session.console.table(
                    ["HELD", "WOULD END", "WHY", "SINCE", "HASH"],
                    held.map {
                        [HeldPlans.scope($0), Console.figure($0.wouldEnd), $0.why, $0.heldAt.description, $0.hash]
                    }
                )
            }
            return held.isEmpty ? .success : .findings
        }
    }

    static func json(_ run: RunRecord) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("run", run.id)
        writer.member("job", run.job)
        writer.member("started_at", time: run.startedAt.milliseconds)
        writer.member("ended_at", time: run.endedAt?.milliseconds)
        writer.member("outcome", run.outcome)
        writer.member("actor", raw: run.actor.json)
        writer.endObject()
        return writer.bytes
    }

    private static func json(_ plan: HeldPlan) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("held", true)
        HeldPlans.write(plan, to: &writer)
        writer.member("held_at", time: plan.heldAt.milliseconds)
        writer.endObject()
        return writer.bytes
    }
}

struct RunsShow: GrantkeeperCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "One run with its report.")

    @OptionGroup var common: CommonOptions
    @Argument(help: "The run's number.")
    var run: Int64

    func perform(_ environment: ProgramEnvironment) async throws -> ExitStatus {
        try await Session.run(environment, common, .read) { session in
            let id = run
            guard let record = try await session.store.read({ try $0.run(id) }) else {
                throw CommandError(
                    .badData,
                    "unknown-run",
                    "there is no run \(id)",
                    hint: "'grantkeeper runs list' shows them"
                )
            }
            if common.json {
                session.console.json(record.summary ?? RunsList.json(record))
                return .success
            }
            session.console.line("run \(record.id): \(record.job), by \(record.actor.words)")
            session.console.line(
                "started \(record.startedAt), ended \(record.endedAt?.description ?? "not yet, or killed")"
            )
            if let summary = record.summary, let object = try? JSONObject(parsing: summary) {
                var writer = JSONWriter(pretty: true)
                writer.value(.object(object))
                session.console.json(writer.bytes)
            }
            return .success
        }
    }
}

struct RunsApprove: GrantkeeperCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve",
        abstract: "Carry out what the valve, a surge or a changed scope policy holds, by its hash.",
        discussion:
            "Refused with status 65, and nothing applied, if other rows are planned now, the policy is another, or the time is over."
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The held plan's hash, or at least its first 8 digits.")
    var hash: String
    @OptionGroup var why: ReasonOption
    @Option(help: ArgumentHelp("Wait so long for another run to end, like 10m.", valueName: "time"))
    var wait: WaitingTime?

    func perform(_ environment: ProgramEnvironment) async throws -> ExitStatus {
        try await Session.run(environment, common, .providers) { session in
            let held = try await heldPlan(environment, session)
            if held.isOfProvider {
                guard try await GateOrders(session.rotation).approveSurge(held, reason: why.reason) else {
                    throw CommandError(.badData, "superseded", "the \(held.why) is no longer the one with this hash")
                }
                if common.json {
                    session.console.json(Array("{\"approved\":\"\(held.hash)\"}".utf8))
                } else {
                    session.console.line(
                        "approved: \(Console.count(held.wouldEnd, "inactive answer")) count from now on"
                    )
                }
                return .success
            }
            if held.why == ScopePolicyOrders.why { return try await approvePolicy(held, environment, session) }
            let started = environment.clock.now()
            let runner = RotationRunner(
                session: session,
                environment: environment,
                selection: held.selection,
                isFull: false,
                wait: wait?.duration,
                started: started
            )
            let report = try await runner.approve(held, reason: why.reason)
            session.clearProgress()
            if common.json { session.console.json(report.json()) } else { report.show(on: session.console) }
            return report.status
        }
    }

    private func approvePolicy(
        _ held: HeldPlan,
        _ environment: ProgramEnvironment,
        _ session: Session
    ) async throws -> ExitStatus {
        let lock = try await JobLocks(session, environment).take(ExpiryJob.name, wait: wait?.duration)
        let touched: Int?
        do {
            touched = try await ScopePolicyOrders(session.rotation).approve(held, reason: why.reason, lock: lock)
            try await session.store.unlock(lock)
        } catch {
            try? await session.store.unlock(lock)
            throw error
        }
        guard let touched else {
            throw CommandError(
                .badData,
                "superseded",
                "the held change is superseded: the scope documents are others now, or other grants would be out of policy",
                hint: "'grantkeeper rotate' holds the present one; 'runs list' shows its hash"
            )
        }
        if common.json {
            session.console.json(Array("{\"approved\":\"\(held.hash)\",\"touched\":\(touched)}".utf8))
        } else {
            session.console.line(
                "approved: the scope policy is in force; the next run judges \(Console.count(touched, "grant")) by it"
            )
        }
        return .success
    }

    private func heldPlan(_ environment: ProgramEnvironment, _ session: Session) async throws -> HeldPlan {
        let prefix = hash.lowercased()
        let plans = try await session.store.read { try $0.heldPlans() }
        let matching = prefix.count >= 8 ? plans.filter { $0.hash.hasPrefix(prefix) } : []
        guard let plan = matching.first, matching.count == 1 else {
            throw CommandError(
                .badData,
                "unknown-plan",
                "no held plan has the hash '\(Console.printable(hash))'",
                hint: "'grantkeeper runs list' shows what is held"
            )
        }
        guard plan.isApprovable else {
            throw CommandError(
                .badData,
                "not-approvable",
                "what '\(plan.why)' holds cannot be approved",
                hint:
                    "only the valve, a surge, a creep and a changed scope policy take an approval; the other gates open by themselves"
            )
        }
        guard !plan.isOfOlderVersion else {
            throw CommandError(
                .badData,
                "other-policy",
                "the plan was held by an older version of grantkeeper, which judged by other rules",
                hint: "run 'rotate' again: what these rules hold is listed by 'runs list'"
            )
        }
        let inForce = try await session.store.read { try $0.scopePolicy() }
        let isOfItsOwn = plan.isOfProvider || plan.why == ScopePolicyOrders.why
        guard isOfItsOwn || plan.policyHash == session.rotation.policyHash(with: inForce) else {
            throw CommandError(
                .badData,
                "other-policy",
                "the policy has changed since the plan was held",
                hint: "run 'rotate' again"
            )
        }
        let within = session.rotation.settings.policy.approveWithin
        guard environment.clock.now() - plan.heldAt <= within else {
            throw CommandError(
                .badData,
                "over",
                "the plan was held at \(plan.heldAt), more than \(within.typed) ago",
                hint: "run 'rotate' again"
            )
        }
        return plan
    }
}

internal import ArgumentParser
internal import Grants
internal import RotationWorker

struct Contain: GrantkeeperCommand {
    static let configuration = CommandConfiguration(
        commandName: "contain",
        abstract: "End all that a supplier, a client or a provider has, across tenants, now.",
        discussion: """
            Shows the plan and carries it out once its hash is given: typed on a terminal, or with --approve. Goes \
            before exemptions, blackouts, notices and quarantines, and before everything else that waits; never \
            before what grantkeeper itself lives on. --rehearse does all but the ending and keeps the times.
            """
    )

    @OptionGroup var common: CommonOptions
    @Option(help: "All grants of this tenant, whose party is supplier or partner.")
    var supplier: String?
    @Option(help: "All grants of this client.")
    var client: String?
    @Option(help: "All grants at this provider; with --supplier or --client only theirs there.")
    var provider: String?
    @Flag(help: "Do all but the ending: plan, ask about a few, try the credentials, keep the times.")
    var rehearse = false
    @Flag(help: "Show the plan; change nothing, send nothing.")
    var dryRun = false
    @Option(help: ArgumentHelp("Write the plan, one line a grant.", valueName: "file"))
    var planOut: String?
    @Option(help: ArgumentHelp("Carry out the plan of this hash, or of its first 8 digits.", valueName: "hash"))
    var approve: String?
    @Option(help: ArgumentHelp("End also what it takes along, as listed under this hash.", valueName: "hash"))
    var withCollateral: String?
    @Option(help: "Why; it stands in events and in the audit trail.")
    var reason: String?
    @Option(help: "A ticket or incident number.")
    var reference: String?
    @OptionGroup var past: OrderPassing

    func validate() throws {
        if supplier == nil, client == nil, provider == nil {
            throw ValidationError("name whom to contain: --supplier, --client or --provider")
        }
        if supplier != nil, client != nil { throw ValidationError("--supplier and --client exclude each other") }
        if rehearse, dryRun || approve != nil {
            throw ValidationError("--rehearse ends nothing; it goes with neither --dry-run nor --approve")
        }
        if !rehearse, !dryRun, reason?.allSatisfy(\.isWhitespace) ?? true {
            throw ValidationError("--reason must say why")
        }
    }

    func perform(_ environment: ProgramEnvironment) async throws -> ExitStatus {
        let asks = approve == nil && !common.json && Confirmation(environment).isPossible
        let onlyShows = dryRun || (!rehearse && approve == nil && !asks)
        return try await Session.run(environment, common, onlyShows ? .plan : .providers, readsScopes: false) {
            session in
            let whom = ContainmentTarget(supplier: supplier, client: client, provider: provider)
            let selection = try await whom.selection(session)
            let plan = try await plan(selection, session, writing: planOut)
            session.clearProgress()
            var report = ContainmentReport(plan, sinks: session.rotation.settings.sinks)
            report.isDryRun = dryRun
            if rehearse { return try await rehearse(&report, session, environment) }
            try check(plan)
            report.refused = refusal(of: plan)
            if !common.json { report.showPlan(on: session.console) }
            if report.refused == nil, plan.total > 0, !dryRun, approve == nil {
                report.refused = asks ? await unconfirmed(plan, environment) : "it needs --approve \(plan.hash)"
                if report.refused == nil { report = try await confirmed(report, selection, session) }
            }
            guard report.refused == nil, plan.total > 0, !dryRun else { return show(report, session) }
            let runner = ContainmentRunner(
                session: session,
                environment: environment,
                reason: reason ?? "",
                reference: reference,
                options: past.options
            )
            report = try await runner.perform(report)
            session.clearProgress()
            return show(report, session)
        }
    }

    private func plan(
        _ selection: GrantSelection,
        _ session: Session,
        writing planOut: String?
    ) async throws -> ContainmentPlan {
        let planner = ContainmentPlanner(session.rotation)
        let takesAlong = withCollateral != nil
        let evenOwn = past.options.evenOwn
        guard let planOut else {
            return try await planner.plan(selection, takesAlong: takesAlong, evenOwn: evenOwn)
        }
        let file = try ContainmentFile(planOut)
        let plan = try await planner.plan(selection, takesAlong: takesAlong, evenOwn: evenOwn) { stored, role in
            try file.receive(stored, role)
        }
        try file.finish()
        return plan
    }

    private func rehearse(
        _ report: inout ContainmentReport,
        _ session: Session,
        _ environment: ProgramEnvironment
    ) async throws -> ExitStatus {
        let planned = report
        report = try await RecordedJob(session: session, environment: environment).perform(
            RehearsalJob.name,
            wait: nil,
            summary: { ($0.status, $0.json()) },
            { _, run in
                try await planned.rehearsing(run, session.rotation, isByHand: true, environment)
            }
        )
        session.clearProgress()
        if !common.json { report.showPlan(on: session.console) }
        return show(report, session)
    }

    /// What a person saw must be what is carried out.
    private func check(_ plan: ContainmentPlan) throws {
        try past.check(plan.evenOwnHash)
        if let approve, !Self.isHash(approve, plan.hash) {
            throw CommandError(
                .badData,
                "plan-changed",
                "the plan is no longer the one with the hash \(Console.printable(String(approve.prefix(12))))…: other "
                    + "grants are covered now; nothing was changed",
                hint: "look at it with --dry-run; its hash is \(plan.hash)"
            )
        }
        if let withCollateral, !Self.isHash(withCollateral, plan.collateralHash ?? "") {
            throw CommandError(
                .badData,
                "collateral-changed",
                plan.collateralHash == nil
                    ? "nothing is taken along any more; nothing was changed"
                    : "other grants are taken along than those listed under this hash; nothing was changed",
                hint: "look at it with --dry-run, without --with-collateral"
            )
        }
    }

    private static func isHash(_ given: String, _ hash: String) -> Bool {
        given.count >= 8 && hash.hasPrefix(given.lowercased())
    }

    /// Why the order is not carried out as it was given, with what to add.
    private func refusal(of plan: ContainmentPlan) -> String? {
        if let hash = plan.collateralHash, !plan.takesAlong {
            return "it would take along grants that it does not cover; to end them too: "
                + "--with-collateral \(hash) --approve \(plan.hash)"
        }
        if plan.frozen.count > 0, !past.whileFrozen {
            return "\(Console.count(plan.frozen.count, "grant")) frozen; --while-frozen goes on all the same"
        }
        return nil
    }

    /// nil: the person has typed the hash.
    private func unconfirmed(_ plan: ContainmentPlan, _ environment: ProgramEnvironment) async -> String? {
        let answer = await Confirmation(environment).ask(
            "To end \(Console.count(plan.total, "grant")), type the first 8 characters of the plan's hash:"
        )
        return answer.map { Self.isHash($0, plan.hash) } == true ? nil : "that is not the plan's hash"
    }

    /// The plan made anew, because a person may think for an hour: what came meanwhile has not been seen.
    private func confirmed(
        _ shown: ContainmentReport,
        _ selection: GrantSelection,
        _ session: Session
    ) async throws -> ContainmentReport {
        let plan = try await plan(selection, session, writing: nil)
        session.clearProgress()
        var report = ContainmentReport(plan, sinks: session.rotation.settings.sinks)
        guard plan.hash == shown.plan.hash, plan.collateralHash == shown.plan.collateralHash else {
            report.showPlan(on: session.console)
            throw CommandError(
                .badData,
                "plan-changed",
                "the plan is no longer the one that was confirmed: other grants are covered now; nothing was changed",
                hint: "look at the new one above, and give the order again; its hash is \(plan.hash)"
            )
        }
        report.refused = refusal(of: plan)
        return report
    }

    private func show(_ report: ContainmentReport, _ session: Session) -> ExitStatus {
        if common.json {
            session.console.json(report.json())
        } else {
            report.showOutcome(on: session.console)
            if let refused = report.refused { session.console.warning("nothing was changed: \(refused)") }
        }
        return report.status
    }
}

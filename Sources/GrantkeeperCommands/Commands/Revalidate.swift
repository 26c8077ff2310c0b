internal import ArgumentParser
internal import Grants
internal import Records
internal import RotationWorker

struct Revalidate: GrantkeeperCommand {
    static let configuration = CommandConfiguration(
        commandName: "revalidate",
        abstract: "Ask the providers now; store what they say; end nothing.",
        discussion: "Without names and filters it asks about the grants that are due; with --all about all live ones."
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var only: SelectionOptions
    @Argument(help: ArgumentHelp("Grants, as ID or PROVIDER/ID.", valueName: "grant"))
    var grants: [String] = []
    @Flag(help: "Ask about all live grants, not only those that are due.")
    var all = false
    @Option(help: ArgumentHelp("Wait so long for another run to end, like 10m.", valueName: "time"))
    var wait: WaitingTime?

    func validate() throws {
        if !grants.isEmpty, all || !only.isEmpty {
            throw ValidationError("name grants, or choose them with --tenant, --provider, --client and --all; not both")
        }
    }

    func perform(_ environment: ProgramEnvironment) async throws -> ExitStatus {
        try await Session.run(environment, common, .providers, readsScopes: false) { session in
            let started = environment.clock.now()
            let keys = try await GrantName.resolve(grants, session)
            let selection = try await only.selection(session)
            let (store, actor) = (session.store, environment.actor)
            let lock =
                keys.isEmpty
                ? try await JobLocks(session, environment).take(RevalidationJob.name, wait: wait?.duration) : nil
            let run: Int64
            do {
                run = try await store.write { writing in
                    let run = try writing.beginRun(job: "revalidate", actor: actor, at: started)
                    if let lock { try writing.assign(lock, to: run) }
                    return run
                }
            } catch {
                // Not only with its lease: the next one need not wait.
                if let lock { try? await store.unlock(lock) }
                throw error
            }
            let scope: RevalidationJob.Scope =
                !keys.isEmpty ? .grants(keys) : all || !only.isEmpty ? .all(selection) : .due(selection)
            let report: VerdictReport
            let outcome: RevalidationReport
            do {
                report = try await RevalidationJob(
                    session.rotation,
                    scope: scope,
                    run: run,
                    lock: lock,
                    randomToken: environment.madeUpToken
                ).perform()
                let now = environment.clock.now()
                outcome = RevalidationReport(
                    run: run,
                    mode: session.rotation.settings.policy.mode,
                    verdicts: report,
                    forecast: try await Forecaster(session.rotation).forecasts(in: selection),
                    seconds: Double((now - started).milliseconds) / 1_000
                )
                let (summary, word) = (outcome.json(), outcome.status(isByName: !grants.isEmpty).runOutcome)
                // Before the lock is given back, so that no other run of the job begins in this one's time.
                try await store.write {
                    try $0.endRun(run, outcome: word, summary: summary, at: now)
                }
                if let lock { try await store.unlock(lock) }
            } catch {
                if let lock { try? await store.unlock(lock) }
                await RunLog(session, environment).fail(run, error)
                throw error
            }
            session.clearProgress()
            if common.json {
                session.console.json(outcome.json())
            } else {
                show(report, outcome.forecast, on: session.console)
            }
            return outcome.status(isByName: !grants.isEmpty)
        }
    }

    private func show(_ report: VerdictReport, _ forecast: [RevalidationForecast], on console: Console) {
        if !report.lines.isEmpty {
            console.table(
                ["GRANT", "VERDICT", "WHY"],
                report.lines.map { line in
                    let why = [line.verdict.why?.rawValue, line.detail.map(Console.printableLong)].compactMap { $0 }
                    return [Console.printable(line.key.description), line.verdict.name, why.joined(separator: ": ")]
                }
            )
            console.line()
        }
        VerdictText.show(report, on: console)
        if report.lines.isEmpty { Forecasts.show(forecast, on: console) }
        for surge in report.surges {
            console.line("release it with: grantkeeper runs approve \(surge.hash) --reason …")
        }
        if report.asked == 0, report.unreachable.isEmpty, report.lines.isEmpty {
            console.line("nothing to ask: no grant is due")
        }
    }
}

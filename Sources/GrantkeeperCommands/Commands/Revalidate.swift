internal import ArgumentParser
internal import Grants
internal import Records
internal import RotationWorker

struct Revalidate: GrantkeeperCommand {
    static let configuration = CommandConfiguration(
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
        try await Session.run(environment, common, .providers) { session in
            let started = environment.clock.now()
            let keys = try await GrantName.resolve(grants, session)
            let selection = try await only.selection(session)
            let (store, actor) = (session.store, environment.actor)
            let lock =
                keys.isEmpty
                ? try await JobLocks(session, environment).take(RevalidationJob.name, wait: wait?.duration) : nil
            let run = try await store.write { try $0.beginRun(job: "revalidate", actor: actor, at: started) }
            let scope: RevalidationJob.Scope =
                !keys.isEmpty ? .grants(keys) : all || !only.isEmpty ? .all(selection) : .due(selection)
            let report: VerdictReport
            do {
                report = try await RevalidationJob(
                    session.rotation,
                    scope: scope,
                    run: run,
                    lock: lock,
                    randomToken: environment.madeUpToken
                ).perform()
                if let lock { try await store.unlock(lock) }
            } catch {
                if let lock { try? await store.unlock(lock) }
                await RunLog(session, environment).fail(run, error)
                throw error
            }
            let now = environment.clock.now()
            let summary = json(report, run, (now - started).milliseconds, session)
            let status = status(of: report)
            try await store.write {
                try $0.endRun(run, outcome: status == .success ? "done" : "held", summary: summary, at: now)
            }
            session.clearProgress()
            if common.json { session.console.json(summary) } else { show(report, on: session.console) }
            return status
        }
    }

    private func status(of report: VerdictReport) -> ExitStatus {
        if report.providersAsked == 0, !report.unreachable.isEmpty { return .unavailable }
        let hasFindings = !report.held.isEmpty || !report.unreachable.isEmpty || report.pending > 0
        // Asked and not one verdict: whoever typed it has to know.
        let isFruitless = report.asked > 0 && report.active + report.inactive == 0
        return hasFindings || isFruitless || (!grants.isEmpty && report.unknownCount > 0) ? .findings : .success
    }

    private func json(_ report: VerdictReport, _ run: Int64, _ milliseconds: Int64, _ session: Session) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("run", run)
        writer.member("dry_run", false)
        writer.member("mode", session.rotation.settings.policy.mode.rawValue)
        writer.object("counts") { writer in writer.member("revalidate", report.asked) }
        RotationReport.write(report, to: &writer)
        RotationReport.write(report.surges, to: &writer)
        writer.member("pending", report.pending)
        writer.array("grants") { writer in
            for line in report.lines {
                writer.beginObject()
                writer.member("provider", line.key.provider.rawValue)
                writer.member("id", line.key.id)
                writer.member("verdict", line.verdict.name)
                writer.member("why", line.verdict.why?.rawValue)
                if let detail = line.detail { writer.member("detail", detail) }
                writer.endObject()
            }
        }
        writer.member("seconds", Double(milliseconds) / 1_000)
        writer.member("peak_memory_bytes", PeakMemory.bytes)
        writer.endObject()
        return writer.bytes
    }

    private func show(_ report: VerdictReport, on console: Console) {
        if !report.lines.isEmpty {
            console.table(
                ["GRANT", "VERDICT", "WHY"],
                report.lines.map { line in
                    let why = [line.verdict.why?.rawValue, line.detail.map(Console.printable)].compactMap { $0 }
                    return [Console.printable(line.key.description), line.verdict.name, why.joined(separator: ": ")]
                }
            )
            console.line()
        }
        VerdictText.show(report, on: console)
        for surge in report.surges {
            console.line("release it with: grantkeeper runs approve \(surge.hash) --reason …")
        }
        if report.asked == 0, report.unreachable.isEmpty, report.lines.isEmpty {
            console.line("nothing to ask: no grant is due")
        }
    }
}

internal import ArgumentParser
internal import Grants
internal import Records
internal import RotationWorker

struct Revoke: GrantkeeperCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "End grants by hand, at the provider and here, now.",
        discussion: """
            Goes before exemptions, notice and quarantine, never before what grantkeeper itself lives on. What it \
            would take along is listed and needs --with-collateral; more than the valve lets end needs --approve. \
            What is being revoked already is tried at once; what has ended and resurfaced is ended again.
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var only: SelectionOptions
    @Argument(help: ArgumentHelp("Grants, as ID or PROVIDER/ID.", valueName: "grant"))
    var grants: [String] = []
    @OptionGroup var why: ReasonOption
    @Option(help: "A ticket or incident number.")
    var reference: String?
    @Flag(help: "Show what it would end; change nothing.")
    var dryRun = false
    @Option(help: ArgumentHelp("End also what it takes along, as listed under this hash.", valueName: "hash"))
    var withCollateral: String?
    @Option(help: ArgumentHelp("End more than the valve lets, as listed under this hash.", valueName: "hash"))
    var approve: String?
    @OptionGroup var past: OrderPassing

    func validate() throws {
        if grants.isEmpty == only.isEmpty {
            throw ValidationError("name grants, or choose them with --tenant, --provider or --client")
        }
    }

    func perform(_ environment: ProgramEnvironment) async throws -> ExitStatus {
        try await Session.run(environment, common, dryRun ? .plan : .providers, readsScopes: false) { session in
            let keys = try await GrantName.resolve(grants, session)
            let selection = only.isEmpty ? nil : try await only.selection(session)
            let order = RevocationByHand(session.rotation)
            let forecast = try await order.forecast(
                keys,
                selection,
                takesAlong: withCollateral != nil,
                options: past.options
            )
            try past.check(forecast.evenOwnHash)
            if let refusal = refusal(of: forecast) {
                show(forecast, refusal, [], nil, session)
                return .findings
            }
            if forecast.rows.isEmpty, forecast.decided.isEmpty, forecast.selfProtected.isEmpty {
                show(forecast, "no live grant matches", [], nil, session)
                return .findings
            }
            if dryRun {
                show(forecast, nil, [], nil, session)
                return .success
            }
            let (now, actor) = (environment.clock.now(), environment.actor)
            let run = try await session.store.write { try $0.beginRun(job: "revoke", actor: actor, at: now) }
            return try await RunLog(session, environment).watching(run) {
                try await carryOut(forecast, order, run, session, environment)
            }
        }
    }

    private func carryOut(
        _ forecast: RevocationByHand.Forecast,
        _ order: RevocationByHand,
        _ run: Int64,
        _ session: Session,
        _ environment: ProgramEnvironment
    ) async throws -> ExitStatus {
        let store = session.store
        let rows = try await order.execute(
            forecast,
            reason: why.reason,
            reference: reference,
            run: run,
            options: past.options
        )
        let report = try await RevocationJob(
            session.rotation,
            selection: GrantSelection(),
            rows: rows,
            run: run,
            lock: nil,
            randomToken: environment.madeUpToken
        ).perform()
        var leftOut: [String] = []
        // The events leave at once: receivers that enforce must not wait for the next run.
        let deliveries =
            try await JobLocks(session, environment).with(DeliveryJob.name, leftOut: &leftOut) { lock in
                try await DeliveryJob(session.rotation, lock: lock).perform()
            } ?? []
        let isDone =
            report.isDone && deliveries.allSatisfy { $0.failure == nil } && leftOut.isEmpty
        let after = try await store.read { reading in
            try rows.sorted().compactMap { try reading.grant(row: $0)?.grant }
        }
        let (end, summary) = (environment.clock.now(), json(forecast, nil, lines(forecast, after, report)))
        try await store.write { try $0.endRun(run, outcome: isDone ? "done" : "held", summary: summary, at: end) }
        session.clearProgress()
        show(forecast, nil, after, report, session)
        if !common.json { for line in deliveries { Deliveries.show(line, on: session.console) } }
        if !leftOut.isEmpty {
            session.console.warning(
                "somebody else delivers events now",
                hint: "'grantkeeper events deliver' hands over the rest"
            )
        }
        return isDone && forecast.selfProtected.isEmpty ? .success : .findings
    }

    /// Each grant as it is now, with what stands in its way.
    private func lines(
        _ forecast: RevocationByHand.Forecast,
        _ after: [Grant],
        _ report: RevocationJob.Report?
    ) -> [(Grant, String?)] {
        let grants = Dictionary(after.map { ($0.key, $0) }) { first, _ in first }
        let reasons = Dictionary((report?.lines ?? []).map { ($0.key, $0.why) }) { first, _ in first }
        return forecast.rows.map { (grants[$0.grant.key] ?? $0.grant, reasons[$0.grant.key] ?? nil) }
    }

    /// Why the order is not carried out as it was given, with what to add.
    private func refusal(of forecast: RevocationByHand.Forecast) -> String? {
        if !forecast.protectedAlong.isEmpty {
            return "it would take along what grantkeeper lives on: \(names(forecast.protectedAlong))"
        }
        if forecast.mayTakeOursAlong {
            return
                "it would take along more grants than can be looked through, and what grantkeeper lives on may be one "
                + "of them: end it at the server"
        }
        if !forecast.ofOtherTenants.isEmpty {
            return
                "it would take along grants of other tenants: \(names(forecast.ofOtherTenants)); end those by name first"
        }
        if let hash = forecast.collateralHash, withCollateral != hash {
            return "it would take along \(names(forecast.collateral)); to end them too: --with-collateral \(hash)"
        }
        if !forecast.frozen.isEmpty, !past.whileFrozen {
            return "frozen: \(names(forecast.frozen)); --while-frozen goes on all the same"
        }
        if let excess = forecast.excess, approve != forecast.hash {
            return "\(excess); to end all of them: --approve \(forecast.hash)"
        }
        return nil
    }

    private func names(_ keys: [Grant.Key]) -> String {
        let shown = keys.prefix(10).map { Console.printable($0.description) }.joined(separator: ", ")
        return keys.count > 10 ? "\(shown) and \(keys.count - 10) more" : shown
    }

    private func show(
        _ forecast: RevocationByHand.Forecast,
        _ refusal: String?,
        _ after: [Grant],
        _ report: RevocationJob.Report?,
        _ session: Session
    ) {
        let rows = lines(forecast, after, report)
        guard !common.json else {
            return session.console.json(json(forecast, refusal, rows))
        }
        let console = session.console
        if !forecast.rows.isEmpty {
            console.table(
                ["GRANT", "TENANT", "CLIENT", "SUBJECT", "STANDING", "PROOF", "WHY"],
                rows.map { grant, why in
                    [
                        Console.printable(grant.key.description), Console.printable(grant.tenant.rawValue),
                        Console.printable(grant.client.rawValue), Console.printable(grant.subject ?? "–"),
                        grant.standing.rawValue, grant.proof?.rawValue ?? "–", why ?? "",
                    ]
                }
            )
        }
        for key in forecast.selfProtected {
            console.line("not ended, grantkeeper lives on it: \(Console.printable(key.description))")
        }
        if !forecast.selfProtected.isEmpty, let hash = forecast.evenOwnHash {
            console.line("records that only name our client are ended with --even-own \(hash)")
        }
        for provider in forecast.heldProviders.sorted() where !past.whileHeld {
            console.line("held: \(Console.printable(provider.rawValue)); --while-held goes on, and proves nothing")
        }
        for key in forecast.decided { console.line("decided already: \(Console.printable(key.description))") }
        if let report { RevocationText.show(report, on: console) }
        if let refusal { console.warning("nothing was changed: \(refusal)") }
    }

    private func json(
        _ forecast: RevocationByHand.Forecast,
        _ refusal: String?,
        _ rows: [(Grant, String?)]
    ) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("dry_run", dryRun)
        writer.member("refused", refusal)
        writer.member("hash", forecast.hash)
        writer.member("collateral_hash", forecast.collateralHash)
        writer.member("collateral", forecast.collateral.map(\.description))
        writer.member("self_protected", forecast.selfProtected.map(\.description))
        writer.member("even_own_hash", forecast.evenOwnHash)
        writer.member("held_providers", forecast.heldProviders.sorted().map(\.rawValue))
        writer.member("already_decided", forecast.decided.map(\.description))
        writer.array("grants") { writer in
            for (grant, why) in rows {
                writer.beginObject()
                writer.member("provider", grant.key.provider.rawValue)
                writer.member("id", grant.key.id)
                writer.member("tenant", grant.tenant.rawValue)
                writer.member("standing", grant.standing.rawValue)
                writer.member("proof", grant.proof?.rawValue)
                writer.member("why", why)
                writer.endObject()
            }
        }
        writer.endObject()
        return writer.bytes
    }
}

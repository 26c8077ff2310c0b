internal import Grants
internal import RotationWorker
internal import Scheduling

extension RotationReport {
    /// The report as a person reads it, the gravest last.
    func show(on console: Console) {
        let action = isDryRun ? "would" : "will"
        console.line(
            "\(isDryRun ? "dry run" : "run \(run ?? 0)"), \(mode.rawValue); plan \(plan.planHash.prefix(12))…; "
                + "\(Console.count(plan.examined, "grant")) examined"
        )
        let rows = plan.rules.sorted { ($1.value, $0.key.rawValue) < ($0.value, $1.key.rawValue) }
            .map { [$0.key.rawValue, Console.figure($0.value), Self.meaning(of: $0.key)] }
        if !rows.isEmpty { console.table(["RULE", "GRANTS", "MEANING"], rows) }
        console.line()
        for name in ["notice", "reprieve", "quarantine", "restore", "end"] {
            guard let planned = plan.actions[name], planned > 0 else { continue }
            let done = applied.map { ", \(Console.figure($0.actions[name] ?? 0)) done" } ?? ""
            console.line("\(name): \(Console.figure(planned)) planned\(done)")
        }
        if plan.toAsk > 0, isDryRun {
            console.line("\(action) ask the providers about \(Console.count(plan.toAsk, "grant"))")
        }
        showNotes(on: console)
        showScopes(on: console)
        showWork(on: console)
        Forecasts.show(forecast, on: console)
        showHeld(on: console)
        if let stuck = standings[.stuck], stuck > 0 {
            console.line(
                "stuck: \(Console.count(stuck, "revocation")) in all, tried again daily; 'grants list --standing stuck' "
                    + "shows them, 'revoke GRANT --reason …' tries one at once"
            )
        }
        let counts = Standing.allCases.compactMap { standing in
            standings[standing].map { "\(standing.rawValue) \(Console.figure($0))" }
        }
        console.line("standings: \(counts.joined(separator: ", "))")
        let live = standings.reduce(0) { $1.key.isLive ? $0 + $1.value : $0 }
        if plan.unjudgeable > 0 {
            console.line(
                "\(Console.figure(plan.unjudgeable)) of \(Console.figure(live)) live grants cannot be judged: "
                    + "no feed covers them, it has not been read for too long, or it stands still ('grantkeeper status')"
            )
        } else if plan.held.contains(where: { $0.why == Gates.Gate.observe.rawValue }) {
            console.line("nothing was changed: the mode is observe; 'rotation: { mode: enforce }' carries plans out")
        } else if live == 0 {
            console.line("no grant is live")
        } else {
            console.line("every one of the \(Console.figure(live)) live grants can be judged")
        }
    }

    /// What keeps a grant although a date says otherwise; the grants are in `grants list --json`, `notes`.
    private func showNotes(on console: Console) {
        let words: [(GrantNotes.Word, String)] = [
            (.contradicted, "past their own end, and used or called active since"),
            (.awaitsInactive, "past their own end, and not called inactive since"),
            (.implausible, "with an instant that makes no sense and counts as absent"),
        ]
        for (note, meaning) in words {
            guard let number = plan.notes[note] else { continue }
            console.line("\(note.rawValue): \(Console.count(number, "grant")) \(meaning)")
        }
    }

    private func showScopes(on console: Console) {
        if let change = plan.scopeChange {
            let isHeld = held.contains { $0.why == ScopePolicyOrders.why }
            let verb = isHeld ? "waits for approval" : isDryRun ? "would come in force" : "has come in force"
            console.line(
                "scope policy: \(change.to?.revision ?? "none") after \(change.from?.revision ?? "none") \(verb): "
                    + "\(Console.count(change.grantsTouched, "grant")) judged otherwise, "
                    + "\(Console.figure(change.grantsOutside.values.reduce(0, +))) of them out of policy"
            )
        }
        if let why = plan.scopesUnreadable {
            console.line(
                "scope policy: the documents in force cannot be read, nothing is ended by them: \(Console.printableLong(why))"
            )
        }
        if plan.scopesOutdated {
            console.line(
                "warning: the scope documents were changed elsewhere; nothing is done by those read here "
                    + "(SIGHUP reads them anew)"
            )
        }
        guard let counts = plan.scopeCounts else { return }
        if counts.outOfPolicy > 0 {
            console.line(
                "out of policy: \(Console.count(counts.outOfPolicy, "live grant"))"
                    + (counts.alerting > 0 ? ", \(Console.figure(counts.alerting)) of them only reported" : "")
            )
        }
        if counts.noPolicy > 0 {
            console.line(
                "no policy: \(Console.count(counts.noPolicy, "live grant")) whose tenant, client, role or scope is unknown"
            )
        }
    }

    private func showWork(on console: Console) {
        if let applied {
            for (why, number) in applied.skipped.sorted(by: { $0.key < $1.key }) {
                console.line("skipped: \(Console.figure(number)) (\(why))")
            }
        }
        if let revocations { RevocationText.show(revocations, on: console) }
        if let verdicts { VerdictText.show(verdicts, on: console) }
        for line in deliveries { Deliveries.show(line, on: console) }
        for job in leftOut { console.line("left out: \(job), somebody else is doing it") }
    }

    private func showHeld(on console: Console) {
        for freeze in plan.freezes {
            console.line(
                "frozen: \(Console.printableLong(freeze.selection.words)) since \(freeze.since), \(Console.printable(freeze.reason))"
            )
        }
        if let blackout = plan.blackout {
            console.line(
                "blackout: ends, quarantines and notices wait until "
                    + "\(blackout.end?.description ?? "it is taken out of the configuration") "
                    + "(\(Console.printableLong(blackout.blackout.reason)))"
            )
        }
        for (provider, hold) in plan.heldProviders.sorted(by: { $0.key < $1.key }) {
            console.line("held provider: \(provider) since \(hold.since), \(hold.why)")
        }
        for partition in plan.warned {
            console.line(
                "warning: more notices for \(partition.tenant) at \(partition.provider) than the valve would let end"
            )
        }
        for plan in byClock {
            console.line(
                "gate no-date: open for \(Console.count(plan.wouldEnd, "end")) of \(HeldPlans.scope(plan)); "
                    + "a run looks at the provider's clock first"
            )
        }
        guard !held.isEmpty else { return }
        console.line()
        console.table(
            ["HELD", "WOULD END", "LIVE", "WHY", "HASH"],
            held.map {
                [
                    HeldPlans.scope($0), Console.figure($0.wouldEnd), Console.figure($0.live), $0.why,
                    String($0.hash.prefix(16)),
                ]
            }
        )
        if held.contains(where: { $0.why == Gates.Gate.noDate.rawValue }) {
            console.line(
                "no-date: these end by the clock, and no answer of the provider bore a Date to compare ours with; where "
                    + "it sends none and our clock is known to be right, 'clock: trusted' on the provider lets them end"
            )
        }
        if held.contains(where: \.isApprovable) {
            console.line(
                "look at it with 'rotate --dry-run --plan-out FILE'; release it with 'runs approve HASH --reason …'"
            )
        }
        console.line()
    }

    static func meaning(of rule: Rule) -> String {
        switch rule {
        case .selfProtection: "grantkeeper itself lives on it"
        case .usedAgain: "used after it was announced"
        case .groundGone: "announced, and the reason no longer holds"
        case .goneAtProvider: "the provider has ended it"
        case .exempt: "a person keeps it until a date"
        case .expired: "its own end has come"
        case .contradicted: "past its own end, and yet in use"
        case .lifetime: "older than max_lifetime"
        case .outOfPolicy: "holds scopes it may not have"
        case .new: "younger than new_grant_grace"
        case .noEvidence: "kept: nobody observed whether it is used"
        case .unused: "not used for idle_after"
        case .keep: "observed without use for less than idle_after"
        case .cannotRevoke: "kept: no token or no credentials to revoke it with, or nowhere to"
        case .collateral: "kept: its end would take others along"
        case .nobodyTold: "kept: no sink would tell its owner"
        case .byHand: "ordered by a person"
        }
    }
}

enum RevocationText {
    static func show(_ report: RevocationJob.Report, on console: Console) {
        for (standing, number) in report.ended.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            let proofs = report.proofs.sorted { $0.key.rawValue < $1.key.rawValue }
                .map { "\($0.key.rawValue) \(Console.figure($0.value))" }
            console.line(
                "\(standing.rawValue) at the provider: \(Console.figure(number)) (\(proofs.joined(separator: ", ")))"
            )
        }
        for (why, number) in report.stuck.sorted(by: { $0.key < $1.key }) {
            console.line("stuck: \(Console.figure(number)) (\(why)); a person is needed")
        }
        if report.livingOn > 0 {
            console.line(
                "\(Console.count(report.livingOn, "refresh token")) may live on: the provider said yes and replaces refresh "
                    + "tokens, so that nothing shows the end"
            )
        }
        if let next = report.backingOff.firstTryAt {
            console.line(
                "not done, tried again by itself: \(Console.figure(report.backingOff.count)), the first at \(next); "
                    + "'revoke GRANT' tries at once"
            )
        } else if report.retrying > 0 {
            console.line("revoking, to be tried again: \(Console.figure(report.retrying))")
        }
        for (gate, number) in report.stopped.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            console.line("revoking, waits: \(Console.figure(number)) (\(gate.rawValue))")
        }
        for (provider, number) in report.waiting.sorted(by: { $0.key < $1.key }) {
            console.line("revoking, waits: \(Console.figure(number)) at \(provider), which is held")
        }
        for (provider, why) in report.unreachable.sorted(by: { $0.key < $1.key }) {
            console.line("revoking, waits for \(provider): \(Console.printableLong(why))")
        }
    }
}

enum VerdictText {
    static func show(_ report: VerdictReport, on console: Console) {
        if report.asked > 0 || report.unknownCount > 0 {
            let unknown = report.unknown.sorted { $0.key.rawValue < $1.key.rawValue }
                .map { "\(Console.figure($0.value)) \($0.key.rawValue)" }
            let why = unknown.isEmpty ? "" : " (\(unknown.joined(separator: ", ")))"
            console.line(
                "verdicts: \(Console.figure(report.active)) active, \(Console.figure(report.inactive)) inactive, "
                    + "\(Console.figure(report.unknownCount)) unknown\(why)"
            )
        }
        if report.pending > 0 { console.line("inactive and held until approved: \(Console.figure(report.pending))") }
        if report.drifted > 0 {
            let grants = Console.count(report.drifted, "grant")
            console.line("\(grants) with more scopes than the record says ('grants show' has them)")
        }
        if report.resurfaced > 0 {
            let grants = Console.count(report.resurfaced, "ended grant")
            console.line("\(grants) called active again: revoke them once more, or settle them")
        }
        for (provider, why) in report.held.sorted(by: { $0.key < $1.key }) {
            console.line("provider held: \(provider) (\(why)); nothing of it is ended")
        }
        for provider in report.recovered { console.line("provider recovered: \(provider)") }
        for (provider, why) in report.unreachable.sorted(by: { $0.key < $1.key }) {
            console.line("could not be asked: \(provider) (\(Console.printableLong(why)))")
        }
    }
}

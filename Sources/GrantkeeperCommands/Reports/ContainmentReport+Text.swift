internal import Grants
internal import RotationWorker

/// The same for people.
extension ContainmentReport {
    /// More lines than this of a table say no more to a person.
    private static let mostShares = 40

    func showPlan(on console: Console) {
        let whom = plan.selection.words.replacing("tenant ", with: "supplier ")
        guard plan.total > 0 else {
            console.line("contain \(Console.printableLong(whom)): nothing is left to end")
            return showSpared(on: console)
        }
        let providers = plan.providers.count
        console.line(
            "contain \(Console.printableLong(whom)): \(Console.count(plan.total, "grant")) at "
                + Console.count(providers, "provider")
        )
        showShares(on: console)
        showSpared(on: console)
        show("ended before and resurfaced, will be ended again", plan.resurfaced, on: console)
        show(plan.takesAlong ? "taken along" : "would take along others", plan.collateral, on: console)
        if plan.cutBundles > 0 {
            console.line("would take along more than can be listed, in \(Console.count(plan.cutBundles, "grant"))")
        }
        show("frozen", plan.frozen, on: console)
        show("no token or credentials, will be stuck", plan.withoutCredentials, on: console)
        for (provider, obstacle) in plan.held.sorted(by: { $0.key < $1.key }) {
            console.line(
                "held: \(provider) (\(obstacle.why)); its \(Console.count(plan.count(at: provider), "end")) are queued, "
                    + "grant.revoking leaves at once; --while-held goes on, and proves nothing"
            )
        }
        for (provider, obstacle) in plan.silent.sorted(by: { $0.key < $1.key }) {
            console.line("does not answer: \(provider) (\(obstacle.why)); it is tried once, then its ends are queued")
        }
        showForecast(on: console)
        console.line("plan \(plan.hash)")
    }

    private func showSpared(on console: Console) {
        show("not ended, grantkeeper lives on", plan.selfProtected, on: console)
        show("not ended, would take along what grantkeeper lives on", plan.shielded, on: console)
        guard let hash = plan.evenOwnHash, plan.selfProtected.count + plan.shielded.count > 0 else { return }
        show("of these only because records name our client, not by a token", plan.yielding, on: console)
        console.line("to end those too: --even-own \(hash)")
    }

    private func showShares(on console: Console) {
        guard !plan.counts.isEmpty else { return }
        let shares = plan.counts.sorted { $0.key < $1.key }
        console.table(
            ["PROVIDER", "TENANT", "CLIENT", "STANDING", "GRANTS"],
            shares.prefix(Self.mostShares).map { share, number in
                [
                    Console.printable(share.provider.rawValue), Console.printable(share.tenant.rawValue),
                    Console.printable(share.client.rawValue), share.standing.rawValue, Console.figure(number),
                ]
            }
        )
        if shares.count > Self.mostShares {
            console.line("… and \(Console.count(shares.count - Self.mostShares, "line")) more, in --json")
        }
    }

    private func show(_ words: String, _ listed: ContainmentPlan.Listed, on console: Console) {
        guard listed.count > 0 else { return }
        let names = listed.first.prefix(10).map { Console.printable($0.description) }.joined(separator: ", ")
        let more = listed.count > 10 ? " and \(Console.figure(listed.count - 10)) more" : ""
        console.line("\(words): \(Console.figure(listed.count)) (\(names)\(more))")
    }

    private func showForecast(on console: Console) {
        let events = plan.events.sorted { $0.key < $1.key }
            .map { "\($0.key) \(Console.figure($0.value))" }.joined(separator: ", ")
        if !events.isEmpty {
            console.line("events: \(events), to \(sinks.isEmpty ? "no sink" : sinks.joined(separator: ", "))")
        }
        for forecast in plan.forecasts {
            let work = "\(Console.count(forecast.work.requests, "request")) at \(forecast.requestsPerSecond)/s"
            let time = Self.span(forecast.firstSeconds, forecast.lastSeconds)
            console.line("forecast: \(forecast.provider): \(time) (\(work))")
        }
        if !isRehearsal, let record = plan.rehearsal {
            console.line(
                "rehearsed at \(record.at), run \(record.run): \(Console.count(record.grants, "grant")), "
                    + (record.lastSeconds.map { "last end after \(Self.time($0))" } ?? "some of them would wait")
            )
        }
    }

    func showOutcome(on console: Console) {
        if let rehearsed { return show(rehearsed, on: console) }
        guard let outcome, let ordered else { return }
        console.line()
        console.line("ordered: \(Console.figure(ordered.count)) of \(Console.figure(plan.total)), run \(run ?? 0)")
        if ordered.frozen > 0 { console.line("frozen meanwhile, not ordered: \(Console.figure(ordered.frozen))") }
        for (provider, share) in outcome.providers.sorted(by: { $0.key < $1.key }) {
            show(share, provider, outcome, on: console)
        }
        for sink in told {
            console.line(
                sink.isTold
                    ? "\(sink.sink) knows of all of them"
                    : "\(sink.sink) does not know of all yet"
                        + (sink.error.map { ": \(Console.printableLong($0))" } ?? "")
            )
        }
        if outcome.cameMeanwhile > 0 {
            console.line(
                "\(Console.count(outcome.cameMeanwhile, "grant")) came meanwhile, not ended: give the order again"
            )
        }
        let all = outcome.all
        if outcome.isComplete {
            console.line(
                "contained: \(Self.span(outcome.seconds(to: all.firstEndedAt), outcome.seconds(to: all.lastEndedAt)))"
            )
        } else {
            console.line(
                "not contained yet: \(Console.count(all.remaining + outcome.cameMeanwhile + all.livingOn, "grant"))"
            )
        }
    }

    private func show(
        _ share: ContainmentOutcome.Share,
        _ provider: ProviderID,
        _ outcome: ContainmentOutcome,
        on console: Console
    ) {
        let proofs = Self.list(share.proofs.map { ($0.key.rawValue, $0.value) })
        let times = Self.span(outcome.seconds(to: share.firstEndedAt), outcome.seconds(to: share.lastEndedAt))
        if share.ended > 0 {
            console.line("\(provider): \(Console.figure(share.ended)) ended (\(proofs)), \(times)")
        }
        for (words, numbers) in [
            ("stuck, a person is needed", share.stuck), ("queued", share.queued), ("not ordered", share.notOrdered),
        ] where !numbers.isEmpty {
            let sum = numbers.values.reduce(0, +)
            console.line(
                "\(provider): \(Console.figure(sum)) \(words) (\(Self.list(numbers.map { ($0.key, $0.value) })))"
            )
        }
        if share.livingOn > 0 {
            console.line(
                "\(provider): \(Console.count(share.livingOn, "refresh token")) may live on: the provider said yes, and "
                    + "replaces refresh tokens; end them at the server, or contain the client there"
            )
        }
        if let until = share.residualUntil {
            console.line(
                "\(provider): \(Console.count(share.residual, "access token")) may live on, at most until \(until)"
            )
        }
    }

    private func show(_ record: RehearsalRecord, on console: Console) {
        console.line()
        for measured in record.providers {
            var parts = [
                "\(measured.asked) asked: \(measured.active) active, \(measured.inactive) inactive"
                    + (measured.unknown.isEmpty
                        ? "" : ", unknown \(Self.list(measured.unknown.map { ($0.key, $0.value) }))")
            ]
            if let latency = measured.latency { parts.append("\(latency.milliseconds) ms a request") }
            parts.append("credentials of \(Console.count(measured.clientsAccepted, "client")) taken")
            parts.append(Self.span(measured.firstSeconds, measured.lastSeconds))
            console.line("rehearsed at \(measured.provider): \(parts.joined(separator: "; "))")
            if let why = measured.obstacle { console.line("  \(Console.printableLong(why))") }
            for (client, why) in measured.clientsRefused.sorted(by: { $0.key < $1.key }) {
                console.line("  client \(Console.printable(client)) could not revoke: \(why)")
            }
            if measured.clientsLeftOut > 0 {
                console.line("  not tried: \(Console.count(measured.clientsLeftOut, "client"))")
            }
        }
        console.line("nothing was ended; run \(run ?? 0) keeps these times")
    }

    // MARK: Words

    private static func span(_ first: Double?, _ last: Double?) -> String {
        guard let first, let last else { return "nobody can say when" }
        return "first end after \(time(first)), last after \(time(last))"
    }

    private static func time(_ seconds: Double) -> String {
        guard seconds >= 60 else { return "\((seconds * 10).rounded() / 10) s" }
        let whole = Int(seconds.rounded(.up))
        return whole >= 3_600 ? "\(whole / 3_600) h \(whole % 3_600 / 60) min" : "\(whole / 60) min \(whole % 60) s"
    }

    private static func list(_ numbers: [(String, Int)]) -> String {
        numbers.sorted { $0.0 < $1.0 }.map { "\($0.0) \(Console.figure($0.1))" }.joined(separator: ", ")
    }
}

internal import ArgumentParser
internal import Grants
internal import Records
internal import RotationWorker

struct GrantsShow: GrantkeeperCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "One grant: what is known, what holds for it and why, its history."
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: ArgumentHelp("The grant, as ID or PROVIDER/ID.", valueName: "grant"))
    var grant: String

    func perform(_ environment: ProgramEnvironment) async throws -> ExitStatus {
        try await Session.run(environment, common, .look) { session in
            let key = try await GrantName.resolve(grant, session)
            guard let appraisal = try await GrantAppraiser(session.rotation).appraisal(of: key) else {
                throw CommandError(.badData, "unknown-grant", "there is no grant '\(key)'")
            }
            let party = session.rotation.settings.tenants.first { $0.id == appraisal.stored.grant.tenant }?.party
            let policy = session.rotation.settings.policy.values(for: subject(appraisal.stored.grant, party))
            let records = try await session.store.read { try $0.feeds() }
            let feeds = session.rotation.settings.feeds
            let unjoined = UnjoinedWindow(of: appraisal.stored.grant, feeds: feeds, records: records)
            if common.json {
                session.console.json(json(appraisal, party, policy, unjoined))
                return .success
            }
            show(appraisal, party, policy, on: session.console)
            if let unjoined {
                session.console.warning(
                    unjoined.words,
                    hint: "disuse is counted from where the feed began; nothing need be done"
                )
            }
            try await showHistory(key, session)
            return .success
        }
    }

    private func subject(_ grant: Grant, _ party: Party?) -> PolicySubject {
        PolicySubject(
            tenant: grant.tenant,
            party: party,
            provider: grant.key.provider,
            client: grant.client,
            role: grant.role,
            environment: grant.environment
        )
    }

    /// Every value with the override that it comes from.
    private func lines(_ policy: (values: PolicyValues, sources: [String: String])) -> [(String, String, String)] {
        let values = policy.values
        let all: [(String, String)] = [
            ("idle_after", values.idleAfter.typed), ("new_grant_grace", values.newGrantGrace.typed),
            ("notice", values.notice.typed), ("quarantine", values.quarantine.typed),
            ("revalidate_every", values.revalidateEvery.typed), ("confirmations", String(values.confirmations)),
            ("confirm_after", values.confirmAfter.typed), ("evidence_max_age", values.evidenceMaxAge.typed),
            ("max_lifetime", values.maxLifetime?.typed ?? "none"), ("lifetime_notice", values.lifetimeNotice.typed),
            ("on_scope_violation", values.onScopeViolation.rawValue),
            ("on_scope_drift", values.onScopeDrift.rawValue),
            ("enforce_own_end", values.enforcesOwnEnd ? "true" : "false"),
        ]
        return all.map { ($0.0, $0.1, policy.sources[$0.0] ?? "default") }
    }

    private func json(
        _ appraisal: GrantAppraiser.Appraisal,
        _ party: Party?,
        _ policy: (values: PolicyValues, sources: [String: String]),
        _ unjoined: UnjoinedWindow?
    ) -> [UInt8] {
        let grant = appraisal.stored.grant
        var writer = JSONWriter()
        writer.beginObject()
        GrantJSON.write(appraisal, party: party, to: &writer)
        writer.member("role", grant.role)
        writer.member("environment", grant.environment)
        writer.member("inactive_since", time: grant.validity.inactiveSince?.milliseconds)
        writer.member("inactive_count", grant.validity.inactiveCount)
        writer.member("failures", grant.validity.failures)
        writeScopes(appraisal, to: &writer)
        if let unjoined {
            writer.object("unjoined_window") { writer in
                writer.member("feed", unjoined.feed)
                writer.member("own_from", time: unjoined.own.from.milliseconds)
                writer.member("own_until", time: unjoined.own.until.milliseconds)
                writer.member("observed_from", time: unjoined.observed.from.milliseconds)
            }
        }
        writer.object("policy") { writer in
            for (name, value, source) in lines(policy) {
                writer.object(name) { writer in
                    writer.member("value", value)
                    writer.member("source", source)
                }
            }
        }
        writer.endObject()
        return writer.bytes
    }

    /// Left out where no scope policy is in force.
    private func writeScopes(_ appraisal: GrantAppraiser.Appraisal, to writer: inout JSONWriter) {
        guard appraisal.scopes != .notJudged else { return }
        writer.object("scope_policy") { writer in
            switch appraisal.scopes {
            case .notJudged, .allowed: writer.member("judgement", "allowed")
            case .noPolicy: writer.member("judgement", "no-policy")
            case .outside(let names):
                writer.member("judgement", "outside")
                writer.member("not_allowed", names)
            }
            writer.member("changed_in", appraisal.scopesChangedIn)
        }
    }

    private func words(_ appraisal: GrantAppraiser.Appraisal) -> String? {
        let because = appraisal.scopesChangedIn.map { ", because the policy changed in \($0)" } ?? ""
        return switch appraisal.scopes {
        case .notJudged: nil
        case .allowed: "allowed"
        case .noPolicy: "no policy: the documents do not know its tenant, client, role or a scope"
        case .outside(let names): "not allowed: \(names.joined(separator: " "))\(because)"
        }
    }

    private func show(
        _ appraisal: GrantAppraiser.Appraisal,
        _ party: Party?,
        _ policy: (values: PolicyValues, sources: [String: String]),
        on console: Console
    ) {
        let stored = appraisal.stored
        let grant = stored.grant
        func time(_ instant: Timestamp?) -> String { instant?.description ?? "–" }
        let tokens = [(grant.holdsAccessToken, "access token"), (grant.holdsRefreshToken, "refresh token")]
            .filter(\.0).map(\.1)
        let rows: [(String, String)] = [
            ("grant", grant.key.description),
            ("tenant", "\(grant.tenant) (\(party?.rawValue ?? "unknown to the configuration"))"),
            ("client", grant.client.rawValue), ("subject", grant.subject ?? "–"), ("scopes", grant.scopes.joined),
            ("holds", tokens.isEmpty ? "no token" : tokens.joined(separator: " and ")),
            ("issued", grant.issuedAt.description), ("expires", time(grant.expiresAt)),
            ("last used", time(appraisal.lastUsedAt)),
            ("observed", appraisal.window.map { "\($0.from) to \($0.until)" } ?? "never"),
            ("standing", grant.standing.rawValue),
            (
                "decision",
                "\(appraisal.decision.action.name), by rule \(appraisal.decision.rule.rawValue): \(appraisal.decision.reason)"
            ),
            ("judged again", time(stored.dueAt)),
            (
                "last verdict",
                grant.validity.lastVerdict.map { "\($0.name) at \(time(grant.validity.lastVerdictAt))" }
                    ?? (grant.validity.failures > 0
                        ? "no answer yet, asked \(grant.validity.failures) times" : "never asked")
            ),
        ]
        for (name, value) in rows { line(name, value, console) }
        if !appraisal.notes.isEmpty {
            line("notes", appraisal.notes.words.map(\.rawValue).joined(separator: ", "), console)
        }
        if grant.toldScopes != nil { line("effective", ScopeDrift.effective(of: grant).joined, console) }
        if let since = grant.validity.inactiveSince {
            line("inactive", "since \(since), counted \(grant.validity.inactiveCount) times", console)
        }
        if let since = grant.validity.unknownSince {
            line("unknown", "since \(since): \(grant.validity.unknownWhy?.rawValue ?? "?")", console)
        }
        if let at = grant.resurfacedAt { line("resurfaced", "at \(at), after its end", console) }
        if let at = grant.settledAt { line("settled", "at \(at): what comes later is found again", console) }
        if let words = words(appraisal) { line("scope policy", words, console) }
        if let exemption = grant.exemption {
            line("exempt", "until \(exemption.until), \(exemption.owner): \(exemption.reason)", console)
        }
        if let proof = grant.proof {
            let residual = grant.residualUntil.map { "; an access token may live until \($0)" } ?? ""
            line("proof", proof.rawValue + residual, console)
        }
        console.line()
        console.table(["POLICY", "VALUE", "FROM"], lines(policy).map { [$0.0, $0.1, $0.2] })
    }

    private func line(_ name: String, _ value: String, _ console: Console) {
        let pad = String(repeating: " ", count: max(0, 14 - name.count))
        console.line("\(name)\(pad)\(Console.printableLong(value))")
    }

    private func showHistory(_ key: Grant.Key, _ session: Session) async throws {
        let events = try await JournalWalk(session.store).events(limit: 20) { event in
            event["provider"]?.stringValue == key.provider.rawValue && event["grant"]?.stringValue == key.id
        }
        guard !events.isEmpty else { return }
        session.console.line()
        session.console.table(["AT", "EVENT", "WHY", "BY"], events.map(JournalWalk.row))
    }
}

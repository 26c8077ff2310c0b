internal import ArgumentParser
internal import ConfigurationFiles
internal import CurlTransport
internal import Grants
internal import Records
internal import RotationWorker
internal import SQLiteStore

struct Doctor: GrantkeeperCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check configuration, key and store, and say what they mean together.",
        discussion:
            "Changes nothing, unless --migrate brings an older store up to date. 'providers check' looks at the servers."
    )

    @OptionGroup var common: CommonOptions
    @Flag(help: "Bring the store up to this version.")
    var migrate = false

    struct Finding {
        var name: String
        var ok: Bool
        var detail: String

        init(name: String, ok: Bool, detail: String) {
            self.name = name
            self.ok = ok
            self.detail = detail
        }

        /// What could not be looked at.
        init(name: String, failure: any Error) {
            let failure = CommandError(failure)
            self.init(name: name, ok: false, detail: failure.message + (failure.hint.map { "; \($0)" } ?? ""))
        }
    }

    func perform(_ environment: ProgramEnvironment) async throws -> ExitStatus {
        let console = Console(environment)
        let configuration = try Session.configuration(environment, common, checks: .presence)
        var findings = [Finding(name: "configuration", ok: true, detail: configuration.source)]
        for warning in configuration.warnings {
            findings.append(Finding(name: "configuration", ok: false, detail: "\(warning)"))
        }
        // Before the store is opened, which makes and removes files beside it.
        findings += FilePermissions.problems(configuration).map { Finding(name: "permissions", ok: false, detail: $0) }
        findings += SecretLook.all(in: configuration.settings.secretSources).map {
            Finding(name: "secret", ok: false, detail: "\($0.message): \($0.hint)")
        }
        do {
            findings += try await look(at: configuration, environment)
        } catch {
            findings.append(Finding(name: "store", failure: error))
        }
        findings += meaning(of: configuration.settings)
        for finding in findings {
            if common.json {
                var writer = JSONWriter()
                writer.beginObject()
                writer.member("name", finding.name)
                writer.member("ok", finding.ok)
                writer.member("detail", finding.detail)
                writer.endObject()
                console.json(writer.bytes)
            } else {
                console.line(
                    "\(finding.ok ? "ok  " : "LOOK") \(finding.name): \(Console.printableLong(finding.detail))"
                )
            }
        }
        return findings.allSatisfy(\.ok) ? .success : .findings
    }

    private func look(at configuration: Configuration, _ environment: ProgramEnvironment) async throws -> [Finding] {
        var findings: [Finding] = []
        let keyring = try configuration.keySource.map { try Keyring(parsing: SecretReader.read($0)) }
        findings.append(
            Finding(
                name: "key",
                ok: keyring != nil,
                detail: keyring == nil
                    ? "none: tokens can be neither imported nor used"
                    : "\(configuration.keySource.map { "\($0)" } ?? "")"
            )
        )
        let restoreGuard = StoreGuard(configuration, environment)
        if migrate {
            let writable = try await restoreGuard.openToWrite(keyring, newEventID: environment.newEventID).store
            let setting = try await writable.synchronousSetting()
            findings.append(
                Finding(
                    name: "durability",
                    ok: setting == 2,
                    detail: "PRAGMA synchronous is \(setting) on the open writer (2 is FULL)"
                )
            )
            try await restoreGuard.close(writable)
        }
        let opened = try await restoreGuard.openToRead(keyring)
        let store = opened.store
        for line in try restoreGuard.lines(opened, now: environment.clock.now()) {
            findings.append(Finding(name: "restore guard", ok: line.ok, detail: Console.printableLong(line.detail)))
        }
        let problems = try await store.integrityProblems()
        findings.append(
            Finding(
                name: "store",
                ok: problems.isEmpty,
                detail: problems.first ?? "\(configuration.storePath), sound and of this version"
            )
        )
        let audit = try await AuditCheck.verify(store, from: 1)
        findings.append(
            Finding(
                name: "journal",
                ok: audit.ok,
                detail: audit.ok
                    ? "\(Console.figure(audit.entries)) entries, every link holds"
                    : "broken at entry \(audit.firstBadSeq ?? 0): \(audit.why ?? "")"
            )
        )
        let comparison = try await JournalComparison.read(restoreGuard, store)
        // That the guard is off was told above.
        for line in comparison.lines where line.seq != nil || !line.isIntended {
            let words = JournalComparison.words(line)
            findings.append(
                Finding(
                    name: "journal",
                    ok: line.contradiction == nil && (line.obstacle == nil || line.isIntended),
                    detail: words
                )
            )
        }
        findings += try await state(of: store, configuration.settings, environment)
        findings += try await Self.disuse(in: store, configuration.settings, now: environment.clock.now())
        findings += try await health(of: store, configuration, environment)
        await store.close()
        return findings
    }

    private func state(
        of store: SQLiteGrantStore,
        _ settings: RotationSettings,
        _ environment: ProgramEnvironment
    ) async throws -> [Finding] {
        let now = environment.clock.now()
        let (counts, due, unjudged, freezes, holds, feeds, held, unread) = try await store.read { reading in
            (
                try reading.counts(endsSince: now), try reading.count(.due(now), in: GrantSelection()),
                try reading.unjudgeable(in: GrantSelection()),
                try reading.freezes(), try reading.heldProviders(), try reading.feeds(), try reading.heldPlans(),
                try reading.unreadInputs()
            )
        }
        let live = counts.values.reduce(0) { $0 + $1.live }
        let stuck = counts.values.reduce(0) { $0 + ($1.standings[.stuck] ?? 0) }
        var findings = [
            Finding(
                name: "evidence",
                ok: unjudged == 0,
                detail:
                    "\(Console.figure(unjudged)) of \(Console.figure(live)) live grants could not be judged for disuse"
                    + (due > 0 ? "; \(Console.figure(due)) are due to be judged by the next run" : "")
            )
        ]
        for freeze in freezes {
            findings.append(
                Finding(
                    name: "freeze",
                    ok: false,
                    detail: "\(Console.printableLong(freeze.selection.words)): \(Console.printable(freeze.reason))"
                )
            )
        }
        for (provider, hold) in holds {
            findings.append(Finding(name: "provider", ok: false, detail: "\(provider) is held: \(hold.why)"))
        }
        if !held.isEmpty {
            findings.append(
                Finding(name: "runs", ok: false, detail: "\(Console.count(held.count, "plan")) held; see 'runs list'")
            )
        }
        if stuck > 0 {
            findings.append(
                Finding(
                    name: "revocations",
                    ok: false,
                    detail: "\(Console.count(stuck, "grant")) stuck; see 'grants list --standing stuck'"
                )
            )
        }
        findings += try await Self.names(in: store)
        for feed in settings.feeds {
            let until = feeds[feed.id]?.window?.until
            let isFresh = until.map { now - $0 <= feed.maxAge } ?? false
            let trouble = Self.trouble(of: feeds[feed.id], feed, unread)
            var detail =
                until.map { "has observed until \($0)" }
                ?? "has never said how far it observed: nothing it covers is ended for disuse"
            if let trouble { detail += "; " + trouble }
            let isWell = isFresh && feeds[feed.id]?.isStale != true && trouble == nil
            findings.append(Finding(name: "feed \(feed.id)", ok: isWell, detail: detail))
        }
        return findings
    }

    /// What `status` says besides: the same words and commands.
    private func health(
        of store: SQLiteGrantStore,
        _ configuration: Configuration,
        _ environment: ProgramEnvironment
    ) async throws -> [Finding] {
        let report = try await StatusReport.read(
            store,
            configuration,
            schedules: ScheduleDirectory.readable(path: configuration.schedulesPath),
            at: environment.clock.now()
        )
        let needs = report.needs.filter { !Self.toldBefore.contains($0.code) }
        guard !needs.isEmpty else {
            return [Finding(name: "health", ok: true, detail: "all that 'status' looks at was looked at")]
        }
        return needs.map { Finding(name: $0.code, ok: false, detail: "\($0.message); \($0.hint)") }
    }

    /// Codes whose findings have names of their own here.
    private static let toldBefore: Set = [
        "stuck", "frozen", "provider-held", "plan-held", "feed-stale", "cannot-judge",
    ]

    /// What the configuration means, for those who read it the first time.
    private func meaning(of settings: RotationSettings) -> [Finding] {
        var findings: [Finding] = []
        findings.append(
            Finding(
                name: "mode",
                ok: true,
                detail: settings.policy.mode == .observe
                    ? "observe: plans and reports, announces and ends nothing" : "enforce: plans are carried out"
            )
        )
        if settings.providers.isEmpty {
            findings.append(
                Finding(name: "providers", ok: false, detail: "none: name an authorization server under 'providers'")
            )
        }
        // Nothing else that only looks would notice: libcurl is loaded when a provider is asked.
        do {
            try CurlTransport.checkLibrary()
        } catch {
            findings.append(Finding(name: "libcurl", failure: error))
        }
        for provider in settings.providers {
            for kind in provider.capabilities.introspects.sorted(by: { $0.rawValue < $1.rawValue })
            where !provider.canaries.contains(where: { $0.kind == kind }) {
                findings.append(
                    Finding(
                        name: "provider \(provider.id)",
                        ok: false,
                        detail: "no canary of kind \(kind.rawValue): no 'inactive' about one is believed"
                    )
                )
            }
        }
        if !settings.sinks.contains(where: \.notifies), settings.policy.defaults.notice > .zero {
            findings.append(
                Finding(
                    name: "notices",
                    ok: false,
                    detail: "no sink has notifies: true, so nobody would be told and nothing is announced"
                )
            )
        }
        return findings
    }
}

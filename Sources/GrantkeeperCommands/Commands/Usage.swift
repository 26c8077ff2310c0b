internal import ArgumentParser
internal import Grants
internal import Records
internal import RotationWorker

struct Usage: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "usage",
        abstract: "What was used when: the feeds.",
        subcommands: [UsageIngestCommand.self, UsageAccept.self]
    )
}

struct UsageIngestCommand: GrantkeeperCommand {
    static let configuration = CommandConfiguration(
        commandName: "ingest",
        abstract: "Read a usage log, one JSON object a line.",
        discussion: """
            {"feed":"gateway","at":"…","grant":"g-17"}, or by token_sha256, token, or client and subject; and \
            {"feed":"gateway","observed_until":"…"}, which moves the feed.
            """
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The file, or - for standard input.")
    var file: String

    func perform(_ environment: ProgramEnvironment) async throws -> ExitStatus {
        let input = try InputFile(file, environment)
        return try await Session.run(environment, common, .tokens) { session in
            let report = try await UsageIngest(session.rotation).perform(descriptor: input.descriptor)
            session.clearProgress()
            if report.bad > 0, report.bad == report.lines {
                throw CommandError(
                    .badData,
                    "bad-records",
                    "no line is good: \(Console.count(report.bad, "mistake"))",
                    hint: "'grantkeeper usage ingest --help' shows the form of a line",
                    more: report.problems.map { "\(file): \($0)" + ($0.hint.map { " (\($0))" } ?? "") }
                )
            }
            show(report, session)
            let hasFindings =
                report.bad > 0 || report.scopesLeftOut > 0 || !report.undeclared.isEmpty || !report.stale.isEmpty
            return hasFindings ? .findings : .success
        }
    }

    private func show(_ report: UsageIngest.Report, _ session: Session) {
        let console = session.console
        for problem in report.problems {
            console.note("\(file): \(problem)")
            if let hint = problem.hint { console.note("hint: \(hint)") }
        }
        for feed in report.undeclared.sorted() {
            console.warning(
                "the feed '\(Console.printable(feed))' is not declared: its uses count, what it observed does not",
                hint: "declare under 'feeds' what it covers"
            )
        }
        for (feed, why) in report.stale.sorted(by: { $0.key < $1.key }) {
            console.warning(
                "the feed '\(feed)' stays where it is: \(why)",
                hint: "find out why; 'usage accept \(feed) --until … --reason …' moves it all the same"
            )
        }
        if report.scopesLeftOut > 0 {
            console.warning(
                "\(Console.count(report.scopesLeftOut, "use")) of scopes that are not kept: there are too many of them",
                hint: "'scope' must be the name of a scope that the client holds; what sends these lines?"
            )
        }
        if common.json {
            var writer = JSONWriter()
            writer.beginObject()
            writer.member("lines", report.lines)
            writer.member("mapped", report.mapped)
            writer.member("unmapped", report.unmapped)
            writer.member("bad", report.bad)
            writer.member("moved", report.moved.sorted())
            writer.member("stale", report.stale.keys.sorted())
            writer.member("undeclared", report.undeclared.sorted())
            writer.member("peak_memory_bytes", PeakMemory.bytes)
            writer.endObject()
            console.json(writer.bytes)
        } else {
            console.line(
                "\(Console.count(report.lines, "line")): \(Console.figure(report.mapped)) uses of known grants, "
                    + "\(Console.figure(report.unmapped)) of unknown ones, \(Console.figure(report.bad)) bad"
            )
            for feed in report.moved.sorted() { console.line("feed \(feed) moved") }
        }
    }
}

struct UsageAccept: GrantkeeperCommand {
    static let configuration = CommandConfiguration(
        commandName: "accept",
        abstract: "Move a feed that its own health keeps where it is.",
        discussion: "You vouch that the feed saw every use until then, though it looks otherwise."
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The feed.")
    var feed: String
    @Option(help: "Until when it observed, as 2026-11-20T00:00:00Z.")
    var until: String
    @OptionGroup var why: ReasonOption

    func perform(_ environment: ProgramEnvironment) async throws -> ExitStatus {
        guard let instant = RFC3339.parse(until) else {
            throw CommandError(
                .usage,
                "bad-time",
                "--until '\(Console.printable(until))' is no time",
                hint: "write 2026-11-20T00:00:00Z"
            )
        }
        return try await Session.run(environment, common, .write) { session in
            let record = try await UsageIngest(session.rotation)
                .accept(feed, until: Timestamp(milliseconds: instant), reason: why.reason)
            let until = record.window?.until
            if common.json {
                var writer = JSONWriter()
                writer.beginObject()
                writer.member("feed", record.id)
                writer.member("observed_until", time: until?.milliseconds)
                writer.endObject()
                session.console.json(writer.bytes)
            } else {
                session.console.line("feed \(record.id) has observed until \(until?.description ?? "–")")
            }
            return .success
        }
    }
}

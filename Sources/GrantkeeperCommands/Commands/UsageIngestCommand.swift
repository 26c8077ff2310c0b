internal import ArgumentParser
internal import Grants
internal import Records
internal import RotationWorker

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
    @Option(help: "The feed that lines count for whose own feed cannot be read.")
    var feed: String?
    @Flag(help: "Uses of long ago: they move no feed, and break no feed's word.")
    var backfill = false

    func perform(_ environment: ProgramEnvironment) async throws -> ExitStatus {
        let input = try InputFile(file, environment)
        return try await Session.run(environment, common, .tokens) { session in
            try FeedName.check(feed, session.rotation.settings)
            let source = file == "-" ? "standard input" : file
            let report = try await UsageIngest(session.rotation, source: source, feed: feed, isBackfill: backfill)
                .perform(descriptor: input.descriptor)
            session.clearProgress()
            if report.bad > 0, report.bad == report.lines {
                throw CommandError(
                    .badData,
                    "bad-records",
                    "no line is good: \(Console.count(report.bad, "mistake"))\(held(report))",
                    hint: "'grantkeeper usage ingest --help' shows the form of a line",
                    more: report.problems.map { "\(file): \($0)" + ($0.hint.map { " (\($0))" } ?? "") }
                )
            }
            show(report, session)
            let hasFindings =
                report.bad > 0 || report.scopesLeftOut > 0 || !report.undeclared.isEmpty || !report.stale.isEmpty
                || !report.unreadable.isEmpty || !report.beganAnew.isEmpty || report.resurfaced > 0
                || !report.widened.isEmpty || !report.unread.isEmpty
            return hasFindings ? .findings : .success
        }
    }

    /// What the lines mean that could not be read, although the file was refused.
    private func held(_ report: UsageIngest.Report) -> String {
        guard !report.unreadable.isEmpty else { return "" }
        let names = report.unreadable.sorted().map(Console.printable).joined(separator: ", ")
        return "; they count against \(names), which does not move past them"
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
                hint: "find out why: 'usage feeds'; 'usage accept \(feed) --until … --reason …' moves it all the same"
            )
        }
        for feed in report.unreadable.subtracting(report.stale.keys).subtracting(report.beganAnew.keys).sorted() {
            console.warning(
                "lines that cannot be read, or that break its word, count against the feed '\(Console.printable(feed))'",
                hint: "'usage feeds' shows the first; it does not move past more than its 'max_unreadable'"
            )
        }
        for (feed, why) in report.beganAnew.sorted(by: { $0.key < $1.key }) {
            console.warning(
                "the window of the feed '\(feed)' begins anew: \(why)",
                hint: "nothing it covers ends for disuse until 'idle_after' has been observed again"
            )
        }
        if report.resurfaced > 0 {
            console.warning(
                "\(Console.count(report.resurfaced, "ended grant")) \(report.resurfaced == 1 ? "was" : "were") used after the end",
                hint: "'grantkeeper grants list --all' notes them as resurfaced; revoke them again, or 'grants settle'"
            )
        }
        for feed in report.widened.sorted() {
            console.warning(
                "the feed '\(Console.printable(feed))' covers more than before: what is new is observed from now on",
                hint: "'usage feeds' shows since when each part is covered; nothing need be done"
            )
        }
        for input in report.unread {
            console.warning(
                Console.printableLong(input.words),
                hint:
                    "read it again to its end; once another input of its feed comes, it counts as a line that cannot be read"
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
            writer.member("unreadable", report.unreadable.sorted())
            writer.member("began_anew", report.beganAnew.keys.sorted())
            writer.member("ignored", report.ignored)
            writer.member("resurfaced", report.resurfaced)
            writer.member("unfinished_line", report.unfinished)
            writer.member("widened", report.widened.sorted())
            writer.array("unread_inputs") { writer in
                for input in report.unread { UnreadInputJSON.write(input, to: &writer) }
            }
            writer.member("peak_memory_bytes", PeakMemory.bytes)
            writer.endObject()
            console.json(writer.bytes)
        } else {
            console.line(
                "\(Console.count(report.lines, "line")): \(Console.figure(report.mapped)) uses of known grants, "
                    + "\(Console.figure(report.unmapped)) of unknown ones, \(Console.figure(report.bad)) bad"
                    + (report.ignored > 0 ? ", \(Console.figure(report.ignored)) ignored" : "")
            )
            if report.unmapped > 0 {
                console.line("'usage feeds' shows which clients stand still until it is known whose uses those are")
            }
            for feed in report.moved.sorted() { console.line("feed \(feed) moved") }
        }
    }
}

internal import ArgumentParser
internal import Glibc
internal import Grants
internal import Records
internal import RotationWorker

struct GrantsGroup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "grants",
        abstract: "The grants in the store.",
        subcommands: [GrantsImport.self, GrantsExport.self, GrantsList.self, GrantsShow.self, GrantsSettle.self]
    )
}

struct GrantsImport: GrantkeeperCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Read grants from a file, one JSON object a line.",
        discussion: "Everything is checked first: a file with a mistake imports nothing. '-' reads standard input."
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The file, or - for standard input.")
    var file: String
    @Flag(help: "Import the good lines of a file with mistakes; ends with status 2.")
    var skipBad = false
    @Flag(help: "The grants of this file mostly end within a day, and are meant so.")
    var shortLived = false

    func perform(_ environment: ProgramEnvironment) async throws -> ExitStatus {
        let input = try InputFile(file, environment)
        return try await Session.run(environment, common, .tokens) { session in
            let report = try await GrantImport(session.rotation, skipsBad: skipBad, takesShortLived: shortLived)
                .perform(descriptor: input.descriptor, isFile: input.isFile)
            session.clearProgress()
            show(report, session)
            if !report.isImported, report.looksShortLived, report.bad == 0 || skipBad { throw looksShortLived(report) }
            guard report.isImported else {
                throw CommandError(
                    .badData,
                    "bad-records",
                    "nothing was imported: \(Console.figure(report.bad)) of \(Console.count(report.lines, "line")) "
                        + "\(report.bad == 1 ? "is" : "are") bad",
                    hint: report.bad == report.lines
                        ? "no line is good: docs/records.md shows the form of a line" : "--skip-bad imports the rest",
                    more: problems(of: report)
                )
            }
            let hasFindings =
                report.bad > 0 || !report.unknownTenants.isEmpty || report.shielded > 0 || report.unnormalized > 0
                || report.resurfaced > 0
            return hasFindings ? .findings : .success
        }
    }

    private func looksShortLived(_ report: GrantImport.Report) -> CommandError {
        CommandError(
            .badData,
            "short-lived",
            "nothing was imported: \(Console.figure(report.shortLived)) of the \(Console.figure(report.withExpiry)) "
                + "expires_at lie within 24 hours of issued_at: these look like access tokens' ends",
            hint: "expires_at is the authorization's end, access_token_expires_at the token's; "
                + "--short-lived if it is meant so"
        )
    }

    /// The first mistakes, each with its place and what to do.
    private func problems(of report: GrantImport.Report) -> [String] {
        var lines = report.problems.map { problem in
            "\(file): \(problem)" + (problem.hint.map { " (\($0))" } ?? "")
        }
        if report.bad > report.problems.count {
            lines.append("and \(Console.figure(report.bad - report.problems.count)) more")
        }
        return lines
    }

    private func show(_ report: GrantImport.Report, _ session: Session) {
        let console = session.console
        if report.isImported, !report.problems.isEmpty {
            for line in problems(of: report) { console.note("left out: \(line)") }
        }
        if !report.unknownTenants.isEmpty {
            let names = report.unknownTenants.map { Console.printable($0.rawValue) }.sorted().joined(separator: ", ")
            console.warning(
                "the configuration knows no tenant \(names)",
                hint: "add them under 'tenants', with party and owner"
            )
        }
        if report.shortLived * 2 > report.withExpiry, report.withExpiry > 0, report.isImported, !shortLived {
            console.warning(
                "\(Console.figure(report.shortLived)) records end within a day of issued_at: this looks like access tokens' expiry",
                hint: "expires_at is the end of the authorization; a token's end is access_token_expires_at"
            )
        }
        warn(of: report, console)
        guard !common.json else { return console.json(json(report)) }
        guard report.isImported else { return }
        var parts = ["\(Console.figure(report.added)) added"]
        for (number, what) in [
            (report.updated, "updated"), (report.renewed, "renewed"), (report.unchanged, "unchanged"),
            (report.ended, "ended already"), (report.outdated, "older than the store"), (report.repeated, "repeated"),
            (report.bad, "bad"),
        ] where number > 0 { parts.append("\(Console.figure(number)) \(what)") }
        console.line("\(Console.count(report.lines, "line")): \(parts.joined(separator: ", "))")
    }

    private func warn(of report: GrantImport.Report, _ console: Console) {
        if report.shielded > 0 {
            console.warning(
                "\(Console.count(report.shielded, "record")) name grantkeeper's own client: no rule and no order ends them",
                hint: "give grantkeeper a client of its own; by hand, --even-own ends what is not its token"
            )
        }
        if report.unnormalized > 0 {
            console.warning(
                "\(Console.count(report.unnormalized, "record")) with a subject, id or family that is not in Unicode's "
                    + "form NFC: taken as it is, and another may look the same",
                hint: "write NFC where the file is made; 'grantkeeper doctor' lists such names"
            )
        }
        if report.joinedScopes > 0 {
            console.warning(
                "\(Console.count(report.joinedScopes, "record")) with a scope that looks like several: commas separate "
                    + "nothing, and %20 or %2B is an encoded blank or plus sign",
                hint: "write several scopes as several strings: [\"ticket.read\",\"ticket.comment\"]"
            )
        }
        if report.resurfaced > 0 {
            console.warning(
                "\(Console.count(report.resurfaced, "ended grant")) live on by this file",
                hint: "'grants list --all' notes them as resurfaced; revoke them again, or 'grants settle'"
            )
        }
    }

    private func json(_ report: GrantImport.Report) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("imported", report.isImported)
        writer.member("lines", report.lines)
        writer.member("added", report.added)
        writer.member("updated", report.updated)
        writer.member("unchanged", report.unchanged)
        writer.member("renewed", report.renewed)
        writer.member("ended", report.ended)
        writer.member("outdated", report.outdated)
        writer.member("repeated", report.repeated)
        writer.member("bad", report.bad)
        writer.member("shielded", report.shielded)
        writer.member("unnormalized", report.unnormalized)
        writer.member("joined_scopes", report.joinedScopes)
        writer.member("resurfaced", report.resurfaced)
        writer.member("unknown_tenants", report.unknownTenants.map(\.rawValue).sorted())
        writer.member("peak_memory_bytes", PeakMemory.bytes)
        writer.endObject()
        return writer.bytes
    }
}

/// A file to read, or standard input; closed with its last reference.
final class InputFile: Sendable {
    let descriptor: Int32
    /// It can be read twice.
    let isFile: Bool
    private let isOurs: Bool

    init(_ path: String, _ environment: ProgramEnvironment) throws {
        isOurs = path != "-"
        descriptor = isOurs ? open(path, O_RDONLY | O_CLOEXEC) : environment.standardInput
        guard descriptor >= 0 else {
            throw CommandError(
                .badData,
                "unreadable",
                "'\(path)' cannot be read: \(String(cString: strerror(errno)))",
                hint: "'-' reads standard input"
            )
        }
        var status = stat()
        let isKnown = fstat(descriptor, &status) == 0
        isFile = isKnown && status.st_mode & S_IFMT == S_IFREG && lseek(descriptor, 0, SEEK_CUR) == 0
        if isKnown, status.st_mode & S_IFMT == S_IFDIR {
            throw CommandError(.badData, "unreadable", "'\(path)' is a directory", hint: "name a file")
        }
    }

    deinit { if isOurs { close(descriptor) } }
}

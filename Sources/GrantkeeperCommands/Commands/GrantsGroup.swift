internal import ArgumentParser
internal import Glibc
internal import Grants
internal import Records
internal import RotationWorker

struct GrantsGroup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "grants",
        abstract: "The grants in the store.",
        subcommands: [GrantsImport.self, GrantsExport.self, GrantsList.self, GrantsShow.self]
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

    func perform(_ environment: ProgramEnvironment) async throws -> ExitStatus {
        let input = try InputFile(file, environment)
        return try await Session.run(environment, common, .tokens) { session in
            let report = try await GrantImport(session.rotation, skipsBad: skipBad)
                .perform(descriptor: input.descriptor, isFile: input.isFile)
            session.clearProgress()
            show(report, session)
            guard report.isImported else {
                throw CommandError(
                    .badData,
                    "bad-records",
                    "nothing was imported: \(Console.figure(report.bad)) of \(Console.count(report.lines, "line")) "
                        + "\(report.bad == 1 ? "is" : "are") bad",
                    hint: "--skip-bad imports the rest",
                    more: problems(of: report)
                )
            }
            return report.bad > 0 || !report.unknownTenants.isEmpty ? .findings : .success
        }
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
        if report.shortLived * 2 > report.withExpiry, report.withExpiry > 0 {
            console.warning(
                "\(Console.figure(report.shortLived)) records end within a day of issued_at: this looks like access tokens' expiry",
                hint: "expires_at is the end of the authorization; a token's end is access_token_expires_at"
            )
        }
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

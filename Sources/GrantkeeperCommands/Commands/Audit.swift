internal import ArgumentParser
internal import Records
internal import RotationWorker

struct Audit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Who did what, and whether the record was changed.",
        subcommands: [AuditShow.self, AuditVerify.self]
    )
}

struct AuditShow: GrantkeeperCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "The audit trail, oldest first.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var filter: EventFilter

    func perform(_ environment: ProgramEnvironment) async throws -> ExitStatus {
        try await Session.run(environment, common, .read) { session in
            try await EventLines.show(filter, common, session)
            return .success
        }
    }
}

struct AuditVerify: GrantkeeperCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Recompute every link of the journal.",
        discussion:
            "Finds entries that were changed, removed or put in between; a cut-off end shows only against a head kept elsewhere (--head)."
    )

    @OptionGroup var common: CommonOptions
    @Option(help: "Begin at this entry.")
    var from: Int64 = 1
    @Option(help: ArgumentHelp("The last entry's hash must be this one.", valueName: "hash"))
    var head: String?

    func perform(_ environment: ProgramEnvironment) async throws -> ExitStatus {
        try await Session.run(environment, common, .read) { session in
            var report = try await AuditCheck.verify(session.store, from: from)
            if let head, report.ok, head.lowercased() != report.head {
                report.firstBadSeq = report.fromSeq + Int64(report.entries)
                report.why = "the journal ends with another entry than the one with this hash"
            }
            if common.json {
                var writer = JSONWriter()
                writer.beginObject()
                writer.member("entries", report.entries)
                writer.member("head", report.head)
                writer.member("ok", report.ok)
                writer.member("from_seq", report.fromSeq)
                writer.member("first_bad_seq", report.firstBadSeq)
                if let why = report.why { writer.member("why", why) }
                writer.endObject()
                session.console.json(writer.bytes)
            } else if let bad = report.firstBadSeq {
                session.console.line("BROKEN at entry \(bad): \(report.why ?? "")")
                session.console.line("the \(Console.figure(report.entries)) before it are as they were written")
            } else {
                session.console.line("ok: \(Console.figure(report.entries)) entries, head \(report.head)")
            }
            return report.ok ? .success : .failed
        }
    }
}

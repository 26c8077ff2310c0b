internal import ArgumentParser
internal import Grants
internal import Records
internal import RotationWorker

struct AuditVerify: GrantkeeperCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Recompute every link of the journal, or of an archived part of it.",
        discussion: """
            Finds entries that were changed, removed or put in between. A cut-off end, and links that were all computed \
            again, show only against what is kept elsewhere: it is compared with the restore guard's file and the last \
            checkpoint, and says so. --head is the last entry's hash, --checkpoint what 'audit checkpoint' printed. After a purge \
            the journal begins at its anchor; --archive checks what left it.
            """
    )

    @OptionGroup var common: CommonOptions
    @Option(help: "Begin at this entry.")
    var from: Int64 = 1
    @Option(help: ArgumentHelp("The last entry's hash must be this one.", valueName: "hash"))
    var head: String?
    @Option(help: ArgumentHelp("This entry must have this hash.", valueName: "seq:hash"))
    var checkpoint: KeptCheckpoint?
    @Option(help: ArgumentHelp("Check this archive of the journal instead.", valueName: "file"))
    var archive: String?

    func validate() throws {
        if archive != nil, from != 1 || checkpoint != nil {
            throw ValidationError("--archive checks a whole file: it takes neither --from nor --checkpoint")
        }
    }

    func perform(_ environment: ProgramEnvironment) async throws -> ExitStatus {
        try await Session.run(environment, common, .read) { session in
            var file: ArchiveCheck.Report?
            if let archive { file = try await ArchiveCheck.verify(path: archive, against: session.store) }
            var report = if let file { file.links } else { try await AuditCheck.verify(session.store, from: from) }
            if let head, report.ok, head.lowercased() != report.head {
                report.firstBadSeq = report.fromSeq + Int64(report.entries)
                report.why = "the journal ends with another entry than the one with this hash"
            }
            if let checkpoint, report.ok { try await compare(checkpoint, &report, session) }
            let comparison = try await JournalComparison.read(session.restoreGuard, session.store)
            if let line = comparison.contradiction, report.ok {
                report.firstBadSeq = line.seq
                report.why = line.contradiction
            }
            if common.json {
                session.console.json(json(report, file, comparison))
            } else {
                show(report, file, session.console)
                for line in comparison.words { session.console.line(line) }
            }
            guard report.ok else { return .failed }
            return comparison.isIncomplete ? .findings : .success
        }
    }

    private func compare(_ kept: KeptCheckpoint, _ report: inout AuditCheck.Report, _ session: Session) async throws {
        if let anchor = report.anchor, kept.seq < anchor.seq {
            throw CommandError(
                .usage,
                "purged",
                "entry \(kept.seq) has left the journal, which begins after entry \(anchor.seq)",
                hint: "check the archive that holds it with --archive, and compare its line"
            )
        }
        let hash = try await session.store.read { try $0.journalHash(at: kept.seq) }
        guard hash.map(Hex.string) != kept.hash else { return }
        report.firstBadSeq = kept.seq
        report.why = hash == nil ? "the journal ends before it" : "it had another hash when the checkpoint was made"
    }

    private func json(
        _ report: AuditCheck.Report,
        _ file: ArchiveCheck.Report?,
        _ comparison: JournalComparison
    ) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("entries", report.entries)
        writer.member("head", report.head)
        writer.member("ok", report.ok)
        writer.member("from_seq", report.fromSeq)
        writer.member("first_bad_seq", report.firstBadSeq)
        if let why = report.why { writer.member("why", why) }
        if let anchor = report.anchor { writer.member("anchor_seq", anchor.seq) }
        comparison.write(to: &writer)
        if let file {
            writer.member("sha256", file.digest)
            writer.member("known", file.isKnown)
        }
        writer.endObject()
        return writer.bytes
    }

    private func show(_ report: AuditCheck.Report, _ file: ArchiveCheck.Report?, _ console: Console) {
        if let bad = report.firstBadSeq {
            console.line("BROKEN at entry \(bad): \(report.why ?? "")")
            console.line("the \(Console.figure(report.entries)) before it are as they were written")
            return
        }
        console.line("ok: \(Console.figure(report.entries)) entries, head \(report.head)")
        if let anchor = report.anchor {
            console.line("entries up to \(anchor.seq) have been purged; the last of them are in \(anchor.archive)")
        }
        if let file, !file.isKnown {
            console.line("the journal does not name this file (any more); its SHA-256 is \(file.digest)")
        }
    }
}

/// `SEQ:HASH` as `audit checkpoint` prints it.
struct KeptCheckpoint: ExpressibleByArgument {
    let seq: Int64
    let hash: String

    init?(argument: String) {
        let parts = argument.split(separator: ":")
        guard parts.count == 2, let seq = Int64(parts[0]), seq > 0, parts[1].count == 64,
            parts[1].allSatisfy(\.isHexDigit)
        else { return nil }
        (self.seq, hash) = (seq, parts[1].lowercased())
    }
}

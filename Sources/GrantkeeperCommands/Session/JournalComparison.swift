internal import Grants
internal import Records
internal import RotationWorker

/// The journal beside what was noted of it earlier: the restore guard's file, the last checkpoint, what a person kept.
///
/// Whoever can write the store can recompute every link; what is kept elsewhere is what proves it.
struct JournalComparison: Sendable {
    /// One thing that it was compared with.
    struct Line: Sendable {
        /// A stable word: `guard`, `checkpoint`.
        var what: String
        /// The entry that it speaks of; nil: it names none.
        var seq: Int64?
        /// Why it contradicts the journal; nil: it does not.
        var contradiction: String?
        /// Why nothing could be compared; nil: it was.
        var obstacle: String?
        /// The configuration or a purge is why, so nothing is amiss.
        var isIntended = false
    }

    private(set) var lines: [Line] = []

    init() {}

    var contradiction: Line? { lines.first { $0.contradiction != nil } }
    /// Something that should be there to compare with is not.
    var isIncomplete: Bool { lines.contains { $0.obstacle != nil && !$0.isIntended } }

    /// Compares with all that can be found.
    ///
    /// The file is read before the journal: both only move forward.
    static func read(_ restoreGuard: StoreGuard, _ store: any GrantStore) async throws -> JournalComparison {
        let mark = try restoreGuard.file?.read()
        let checkpoint = try await AuditCheckpointJob.last(in: store)
        return try await store.read { reading in
            var comparison = JournalComparison()
            try comparison.compare(mark, reading)
            if let checkpoint {
                comparison.lines.append(
                    try line("checkpoint", checkpoint.seq, checkpoint.hash, "the last checkpoint", reading)
                )
            }
            return comparison
        }
    }

    private mutating func compare(_ mark: HighWaterMark.Reading?, _ reading: any StoreReading) throws {
        switch mark {
        case nil:
            lines.append(
                Line(
                    what: "guard",
                    obstacle: "the restore guard is off: 'store.high_water' names its file",
                    isIntended: true
                )
            )
        case .missing:
            lines.append(Line(what: "guard", obstacle: "the restore guard's file is missing"))
        case .unusable(let why):
            lines.append(Line(what: "guard", obstacle: "the restore guard's file cannot be used: \(why)"))
        case .mark(let mark):
            if try reading.setting(RestoreGuard.storeSetting) != mark.store {
                lines.append(
                    Line(
                        what: "guard",
                        seq: mark.head.seq,
                        contradiction: "the restore guard's file is another store's"
                    )
                )
            } else if mark.head.seq > 0 {
                let hash = Hex.string(mark.head.hash)
                lines.append(try Self.line("guard", mark.head.seq, hash, "the restore guard's file", reading))
            }
        }
    }

    private static func line(
        _ what: String,
        _ seq: Int64,
        _ hash: String,
        _ name: String,
        _ reading: any StoreReading
    ) throws -> Line {
        var line = Line(what: what, seq: seq)
        if let anchor = try reading.journalAnchor(), seq < anchor.seq {
            line.obstacle = "\(name) speaks of entry \(seq), which has been purged: its archive has it"
            line.isIntended = true
        } else if let found = try reading.journalHash(at: seq) {
            if Hex.string(found) != hash { line.contradiction = "\(name) knows another entry at this place" }
        } else {
            line.contradiction = "\(name) knows this entry, and the journal ends before it"
        }
        return line
    }

    // MARK: Output

    /// What it was compared with.
    var words: [String] { lines.map(Self.words) }

    static func words(_ line: Line) -> String {
        let name = line.what == "guard" ? "the restore guard's file" : "the last checkpoint"
        if let obstacle = line.obstacle { return "NOT COMPARED: \(obstacle)" }
        return line.contradiction.map { "CONTRADICTED at entry \(line.seq ?? 0): \($0)" }
            ?? "agrees with \(name)" + (line.seq.map { " (entry \($0))" } ?? "")
    }

    func write(to writer: inout JSONWriter) {
        writer.array("compared_with") { writer in
            for line in lines {
                writer.object { writer in
                    writer.member("what", line.what)
                    writer.member("seq", line.seq)
                    writer.member("ok", line.contradiction == nil && line.obstacle == nil)
                    writer.member("why", line.contradiction ?? line.obstacle)
                }
            }
        }
    }
}

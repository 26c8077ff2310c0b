internal import Records
internal import RotationWorker

extension PurgeJob.Report {
    /// Something stays that a person can release: a sink that lags, a freeze.
    var status: ExitStatus {
        heldBack.keys.contains { $0 == "sink" || $0 == "frozen" } ? .findings : .success
    }

    func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("run", run)
        writer.member("dry_run", run == nil)
        writer.object("purged") { writer in
            writer.member("grants", grants)
            writer.member("journal", journal)
            writer.member("runs", runs)
        }
        writer.member("archive", archives)
        writer.numbers("held_back", heldBack.map { ($0.key, $0.value) })
        writer.endObject()
        return writer.bytes
    }

    func show(on console: Console) {
        let verb = run == nil ? "would be purged" : "purged"
        console.line(
            "\(verb): \(Console.count(grants, "ended grant")), "
                + "\(Console.figure(journal)) journal \(journal == 1 ? "entry" : "entries"), \(Console.count(runs, "run"))"
        )
        for name in archives { console.line("archived in \(name)") }
        for (why, number) in heldBack.sorted(by: { $0.key < $1.key }) {
            console.line("kept: \(Console.figure(number)) (\(why)), \(Self.meaning(of: why))")
        }
    }

    private static func meaning(of why: String) -> String {
        switch why {
        case "sink": "a sink has not acknowledged them; 'events deliver'"
        case "frozen": "everything is frozen; 'thaw' releases them"
        case "family": "others of their family have not ended"
        case "used": "used since, although they have ended"
        case "residual": "an access token of them may still live"
        case "exempt": "an exemption is in force"
        case "waiting": "a verdict or a revocation waits"
        case "newest": "the newest row stays"
        case "run-awaited": "runs that something held refers to"
        case "changed": "changed while they were archived"
        default: "still needed"
        }
    }
}

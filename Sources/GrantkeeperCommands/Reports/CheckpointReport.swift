internal import Grants
internal import Records
internal import RotationWorker

extension AuditCheckpointJob.Report {
    var status: ExitStatus { .success }

    func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("seq", seq)
        writer.member("hash", hash)
        writer.member("at", time: at.milliseconds)
        writer.member("entries", entries)
        writer.endObject()
        return writer.bytes
    }

    /// One line for a ticket: what `audit verify --checkpoint` takes, and since when it holds.
    var line: String { "checkpoint \(seq):\(hash) at \(at)" }
}

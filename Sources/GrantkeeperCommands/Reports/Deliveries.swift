internal import Grants
internal import Records
internal import RotationWorker

/// What the sinks took.
enum Deliveries {
    static func show(_ line: DeliveryJob.Line, on console: Console) {
        if let failure = line.failure {
            console.warning(
                "sink \(line.sink): \(Console.count(line.delivered, "event")) delivered, then: \(failure)",
                hint: failure.hint
            )
        } else if line.delivered > 0 {
            console.line("delivered to \(line.sink): \(Console.count(line.delivered, "event"))")
        }
    }

    static func write(_ lines: [DeliveryJob.Line], to writer: inout JSONWriter) {
        writer.array("sinks") { writer in
            for line in lines {
                writer.beginObject()
                writer.member("id", line.sink)
                writer.member("delivered", line.delivered)
                writer.member("error", line.failure?.message)
                writer.endObject()
            }
        }
    }
}

internal import Grants
internal import RotationWorker

/// Hands over events beside other work, whenever it is woken, and once more at the end.
///
/// Neither waits for the other: a provider that hangs keeps no receiver waiting, a sink that hangs keeps no end waiting.
struct EventOutlet: Sendable {
    private let session: Session
    private let environment: ProgramEnvironment
    private let calls: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init(_ session: Session, _ environment: ProgramEnvironment) {
        self.session = session
        self.environment = environment
        (calls, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// There is something new to hand over.
    func wake() { continuation.yield() }

    /// Lets ``run()`` end, after one last look.
    func finish() { continuation.finish() }

    /// What the sinks took; whoever else has the job's lock delivers in our place.
    ///
    /// A failure is nobody's but the sinks': it is in their lines, or the next look mends it.
    func run() async -> [DeliveryJob.Line] {
        var lines: [String: DeliveryJob.Line] = [:]
        for await _ in calls { await deliver(&lines) }
        await deliver(&lines)
        return lines.values.sorted { $0.sink < $1.sink }
    }

    private func deliver(_ lines: inout [String: DeliveryJob.Line]) async {
        var leftOut: [String] = []
        let now = try? await JobLocks(session, environment).with(DeliveryJob.name, leftOut: &leftOut) { lock in
            try await DeliveryJob(session.rotation, lock: lock).perform()
        }
        for line in now.flatMap(\.self) ?? [] {
            var sum = line
            sum.delivered += lines[line.sink]?.delivered ?? 0
            lines[line.sink] = sum
        }
    }
}

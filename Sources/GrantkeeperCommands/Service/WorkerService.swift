internal import Grants
internal import Logging
internal import Monitoring
internal import RotationWorker
internal import Scheduling
internal import ServiceLifecycle

/// The worker as a service: its loop, from the first look around until nothing runs any more.
struct WorkerService: Service, Unprintable {
    /// What runs may go on so long after we were told to stop, to end the batch in hand.
    static let deadline = Duration.seconds(25)

    let loop: WorkerLoop
    let triggers: AsyncStream<Trigger>
    let continuation: AsyncStream<Trigger>.Continuation
    let stop: StopRequest
    let notifier: ServiceNotifier

    func run() async throws {
        continuation.yield(.tick)
        await withGracefulShutdownHandler {
            await loop.run(triggers, continuation)
        } onGracefulShutdown: {
            notifier.stopping(status: "ending the batch in hand")
            stop.request()
            continuation.yield(.stop)
            Task { [continuation] in
                try await Task.sleep(for: Self.deadline)
                continuation.yield(.cutShort)
            }
        }
    }
}

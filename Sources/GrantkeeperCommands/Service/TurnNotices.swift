internal import Grants
internal import Monitoring
internal import RotationWorker
internal import Synchronization

/// Tells the service manager what each turn of the loop found: ready at the first, a status when it changes, and that
/// the loop is alive.
final class TurnNotices: Sendable {
    private let notifier: ServiceNotifier
    private let last = Mutex<String?>(nil)

    init(_ notifier: ServiceNotifier) { self.notifier = notifier }

    func tell(_ turn: WorkerLoop.Turn) {
        let status = Self.status(turn)
        let before = last.withLock { last in
            defer { last = status }
            return last
        }
        if before == nil {
            notifier.ready(status: status)
        } else if before != status {
            notifier.status(status)
        }
        notifier.watchdog()
    }

    static func status(_ turn: WorkerLoop.Turn) -> String {
        let runs = turn.running.map(\.schedule.name).joined(separator: ", ")
        let what = runs.isEmpty ? "idle" : "running \(runs)"
        if turn.isStopping { return "stopping; \(what)" }
        return turn.next.map { "\(what); next \($0.schedule) at \($0.at)" } ?? "\(what); nothing is scheduled"
    }
}

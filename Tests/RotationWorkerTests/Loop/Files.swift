import RotationWorker
import Synchronization

/// What a worker's files say at the next reload; nil: they are bad.
final class Files: Sendable {
    private let current = Mutex<[TimedSchedule]?>(nil)

    var schedules: [TimedSchedule]? {
        get { current.withLock { $0 } }
        set { current.withLock { $0 = newValue } }
    }
}

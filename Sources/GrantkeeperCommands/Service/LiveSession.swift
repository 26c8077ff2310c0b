internal import Grants
internal import RotationWorker
internal import Synchronization

/// The session that new runs work with; a run that began with another keeps that one until it ends.
///
/// Connections of a session that is neither in force nor worked with end by themselves.
final class LiveSession: Sendable {
    private let state: Mutex<(session: Session, schedules: [TimedSchedule])>

    init(_ session: Session) { state = Mutex((session, [])) }

    var current: Session { state.withLock(\.session) }
    var schedules: [TimedSchedule] { state.withLock(\.schedules) }

    /// From now on runs begin with this one; its mode holds for those that have begun, too.
    func replace(with session: Session, _ schedules: [TimedSchedule]) {
        session.rotation.mode.set(session.rotation.settings.policy.mode)
        state.withLock { $0 = (session, schedules) }
    }
}

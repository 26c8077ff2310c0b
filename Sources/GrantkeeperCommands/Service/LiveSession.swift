internal import RotationWorker
internal import Synchronization

/// The session that new runs work with; a run that began with another keeps that one until it ends.
final class LiveSession: Sendable {
    /// One configuration in force, and who still works with it.
    final class Holding: Sendable {
        let session: Session
        let schedules: [TimedSchedule]
        fileprivate let users = Mutex<(count: Int, isRetired: Bool)>((0, false))

        fileprivate init(_ session: Session, _ schedules: [TimedSchedule]) {
            self.session = session
            self.schedules = schedules
        }
    }

    private let holding: Mutex<Holding>

    init(_ session: Session, _ schedules: [TimedSchedule]) { holding = Mutex(Holding(session, schedules)) }

    var current: Session { holding.withLock(\.session) }
    var schedules: [TimedSchedule] { holding.withLock(\.schedules) }

    /// Gives the body the session of now.
    func with<Result>(_ body: (Session) async -> Result) async -> Result {
        let mine = holding.withLock { holding in
            holding.users.withLock { $0.count += 1 }
            return holding
        }
        let result = await body(mine.session)
        let isLast = mine.users.withLock { users in
            users.count -= 1
            return users.isRetired && users.count == 0
        }
        if isLast { await mine.session.closeTransports() }
        return result
    }

    /// From now on runs begin with this one.
    func replace(with session: Session, _ schedules: [TimedSchedule]) async {
        let old = holding.withLock { holding in
            defer { holding = Holding(session, schedules) }
            return holding
        }
        let isUnused = old.users.withLock { users in
            users.isRetired = true
            return users.count == 0
        }
        if isUnused { await old.session.closeTransports() }
    }
}

internal import Grants
internal import RotationWorker

/// One job under its lock, with a run's record: what it reports, or that it failed.
struct RecordedJob {
    let session: Session
    let environment: ProgramEnvironment

    func perform<Report>(
        _ job: String,
        wait: Duration?,
        summary: (Report) -> (status: ExitStatus, json: [UInt8]),
        _ body: (JobLock, Int64) async throws -> Report
    ) async throws -> Report {
        let store = session.store
        let lock = try await JobLocks(session, environment).take(job, wait: wait)
        var run: Int64?
        do {
            let (started, actor) = (environment.clock.now(), environment.actor)
            let id = try await store.write { writing in
                try writing.renew(lock)
                let run = try writing.beginRun(job: job, actor: actor, at: started)
                try writing.assign(lock, to: run)
                return run
            }
            run = id
            let report = try await body(lock, id)
            let (now, (status, json)) = (environment.clock.now(), summary(report))
            try await store.write {
                try $0.endRun(id, outcome: status.runOutcome, summary: json, at: now)
            }
            try await store.unlock(lock)
            return report
        } catch {
            try? await store.unlock(lock)
            if let run { await RunLog(session, environment).fail(run, error) }
            throw error
        }
    }
}

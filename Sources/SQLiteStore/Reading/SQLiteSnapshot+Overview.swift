internal import GRDB
internal import Grants

/// Each query is answered by an index or from a small table, and ends after a fixed number of rows.
extension SQLiteSnapshot {
    static let overviewQueries = (
        due: "SELECT count(*) FROM (SELECT 1 FROM states WHERE due_at <= ? LIMIT ?)",
        oldestDue: "SELECT min(due_at) FROM states WHERE due_at IS NOT NULL",
        // One partition's share: the index leads from there to the time, so nothing else is looked at.
        questions: """
        SELECT count(*), min(at) FROM (
            SELECT ask_at AS at FROM states WHERE of_provider = ? AND of_tenant = ? AND ask_at <= ?
            ORDER BY ask_at LIMIT ?
        )
        """,
        unjudgeable: "SELECT count(*) FROM (SELECT 1 FROM states WHERE kept_by = 9 AND standing <= 2 LIMIT ?)",
        revocations: """
        SELECT (SELECT count(*) FROM (SELECT 1 FROM revocations LIMIT ?)),
        (SELECT count(*) FROM (SELECT 1 FROM revocations WHERE tries > 0 LIMIT ?))
        """,
        // The last condition is what the partial index asks for.
        nextTry: """
        SELECT min(next_try_at) FROM revocations WHERE of_provider = ? AND of_tenant = ? AND next_try_at IS NOT NULL
        """,
        runs: """
        WITH RECURSIVE jobs (job) AS (
            SELECT min(job) FROM runs
            UNION ALL
            SELECT (SELECT min(job) FROM runs WHERE job > jobs.job) FROM jobs WHERE job IS NOT NULL
        )
        SELECT r.id, r.job, r.actor, r.started_at, r.ended_at, r.outcome FROM jobs
        CROSS JOIN runs r ON r.id = (SELECT max(id) FROM runs WHERE runs.job = jobs.job)
        """,
        journal: "SELECT (SELECT min(seq) FROM journal), (SELECT max(seq) FROM journal)"
    )

    func overview(at now: Timestamp) throws -> StoreOverview {
        let queries = Self.overviewQueries
        let most = StoreOverview.mostCounted
        var overview = StoreOverview()
        overview.due = try number(queries.due, [now.milliseconds, most])
        overview.oldestDue = try time(queries.oldestDue).flatMap { $0 <= now ? $0 : nil }
        try countQuestions(at: now, in: &overview)
        overview.unjudgeable = try number(queries.unjudgeable, [most])
        if let row = try Row.fetchOne(db, sql: queries.revocations, arguments: [most, most]) {
            overview.revocations = row[0]
            overview.retried = row[1]
        }
        overview.nextTry = try nextTry()
        overview.locks = try heldLocks()
        overview.runs = try latestRuns()
        if let row = try Row.fetchOne(db, sql: queries.journal), let first = row[0] as Int?, let last = row[1] as Int? {
            overview.journalEntries = last - first + 1
        }
        return overview
    }

    private func countQuestions(at now: Timestamp, in overview: inout StoreOverview) throws {
        let statement = try db.cachedStatement(sql: Self.overviewQueries.questions)
        for provider in try providers(in: GrantSelection()) {
            guard let number = try words.number(provider.rawValue) else { continue }
            for tenant in try tenantsToAsk(at: provider, in: GrantSelection()) {
                // The oldest is wanted of each, also when enough were counted.
                let left = max(1, StoreOverview.mostQuestions - overview.questions[provider, default: 0])
                let arguments: StatementArguments = [
                    number, try words.number(tenant.rawValue), now.milliseconds, left,
                ]
                guard let row = try Row.fetchOne(statement, arguments: arguments), row[0] > 0 else { continue }
                let counted = overview.questions[provider, default: 0] + row[0]
                overview.questions[provider] = min(counted, StoreOverview.mostQuestions)
                let oldest = Timestamp(milliseconds: row[1])
                overview.oldestQuestions[provider] = min(overview.oldestQuestions[provider] ?? oldest, oldest)
            }
        }
    }

    private func nextTry() throws -> Timestamp? {
        let statement = try db.cachedStatement(sql: Self.overviewQueries.nextTry)
        var next: Timestamp?
        for provider in try providers(in: GrantSelection()) {
            guard let number = try words.number(provider.rawValue) else { continue }
            for tenant in try tenantsToRevoke(at: provider, in: GrantSelection()) {
                let row = try Row.fetchOne(statement, arguments: [number, try words.number(tenant.rawValue)])
                guard let at = row.flatMap({ $0[0] as Int64? }).map({ Timestamp(milliseconds: $0) }) else { continue }
                next = min(next ?? at, at)
            }
        }
        return next
    }

    private func number(_ sql: String, _ arguments: StatementArguments) throws -> Int {
        try Int.fetchOne(db, sql: sql, arguments: arguments) ?? 0
    }

    private func time(_ sql: String) throws -> Timestamp? {
        try Row.fetchOne(db, sql: sql).flatMap { $0[0] as Int64? }.map { Timestamp(milliseconds: $0) }
    }

    /// Those whose owner is alive, as far as it can be seen from this process.
    private func heldLocks() throws -> [JobLock] {
        let leases = LeaseKeeper(identity: .current())
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT job, owner, pid, pid_namespace, process_start, term, since, boot, lease_until, run FROM locks
                WHERE owner IS NOT NULL ORDER BY job
                """
        )
        return rows.filter(leases.isHeld).compactMap { row in
            (row["owner"] as Blob?).flatMap { Actor(json: $0.bytes) }.map { owner in
                var lock = JobLock(
                    job: row["job"],
                    owner: owner,
                    pid: row["pid"],
                    term: row["term"],
                    since: Timestamp(milliseconds: row["since"])
                )
                lock.run = row["run"]
                return lock
            }
        }
    }

    private func latestRuns() throws -> [RunRecord] {
        try Row.fetchAll(db, sql: Self.overviewQueries.runs).map { row in
            var run = RunRecord(
                id: row[0],
                job: row[1],
                actor: (row[2] as Blob?).flatMap { Actor(json: $0.bytes) } ?? Actor(kind: .schedule),
                startedAt: Timestamp(milliseconds: row[3])
            )
            run.endedAt = (row[4] as Int64?).map { Timestamp(milliseconds: $0) }
            run.outcome = row[5]
            return run
        }.sorted { $0.id > $1.id }
    }
}

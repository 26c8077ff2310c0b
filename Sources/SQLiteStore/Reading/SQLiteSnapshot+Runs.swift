internal import GRDB
internal import Grants

// Feeds, gates, runs, the journal: small tables, read whole.
extension SQLiteSnapshot {
    func unjudgeable(in selection: GrantSelection) throws -> Int {
        // Of all, the index alone answers; the conditions are its own.
        var sql = "SELECT count(*) FROM states s"
        if selection.client != nil { sql += " JOIN grants g ON g.row = s.row" }
        sql += " WHERE s.kept_by = \(Rule.noEvidence.code) AND s.standing <= 2"
        var arguments: StatementArguments = []
        for (column, text) in [
            ("s.of_provider", selection.provider?.rawValue), ("s.of_tenant", selection.tenant?.rawValue),
            ("g.client", selection.client?.rawValue),
        ] {
            guard let text else { continue }
            guard let number = try words.number(text) else { return 0 }
            sql += " AND \(column) = ?"
            arguments += [number]
        }
        return try Int.fetchOne(db, sql: sql, arguments: arguments) ?? 0
    }

    func freezes() throws -> [Freeze] {
        try Row.fetchAll(db, sql: "SELECT tenant, provider, client, reason, since FROM freezes ORDER BY id")
            .map { row in
                Freeze(
                    selection: selection(row, at: 0),
                    reason: row[3],
                    since: Timestamp(milliseconds: row[4])
                )
            } + imposed
    }

    private func selection(_ row: Row, at index: Int) -> GrantSelection {
        GrantSelection(
            tenant: (row[index] as String?).map { TenantID($0) },
            provider: (row[index + 1] as String?).map { ProviderID($0) },
            client: (row[index + 2] as String?).map { ClientID($0) }
        )
    }

    func gateNumber() throws -> Int64 {
        try Int64.fetchOne(db.cachedStatement(sql: "SELECT n FROM gate_changes")) ?? 0
    }

    func mayLiveOn(row: Int64) throws -> Bool {
        let statement = try db.cachedStatement(sql: "SELECT 1 FROM living_on WHERE row = ?")
        return try Row.fetchOne(statement, arguments: [row]) != nil
    }

    func ordersBackingOff(in selection: GrantSelection, after now: Timestamp) throws -> OrdersBackingOff {
        var sum = OrdersBackingOff()
        for provider in try providers(in: selection) {
            guard let cold = try Filter(.all, selection, provider: provider, words) else { continue }
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT count(*), min(r.next_try_at) FROM revocations r JOIN grants g ON g.row = r.row
                    WHERE r.tries > 0 AND r.next_try_at > ? AND \(cold.condition)
                    """,
                arguments: [now.milliseconds] + cold.arguments
            )
            guard let row, let first = row[1] as Int64? else { continue }
            sum.count += row[0]
            let next = Timestamp(milliseconds: first)
            sum.firstTryAt = min(sum.firstTryAt ?? next, next)
        }
        return sum
    }

    func heldProviders() throws -> [ProviderID: ProviderHold] {
        try Row.fetchAll(db, sql: "SELECT provider, why, since, hash FROM holds").reduce(into: [:]) { holds, row in
            holds[ProviderID(row[0] as String)] = ProviderHold(
                why: row[1],
                since: Timestamp(milliseconds: row[2]),
                hash: row[3]
            )
        }
    }

    func pendingVerdicts(of provider: ProviderID) throws -> [PendingVerdict] {
        try Row.fetchAll(
            db,
            sql: "SELECT row, at, run FROM pending_verdicts WHERE provider = ? ORDER BY row",
            arguments: [provider.rawValue]
        ).map { PendingVerdict(row: $0[0], at: Timestamp(milliseconds: $0[1]), run: $0[2]) }
    }

    func setting(_ name: String) throws -> String? {
        try String.fetchOne(db, sql: "SELECT value FROM settings WHERE name = ?", arguments: [name])
    }

    func heldPlans() throws -> [HeldPlan] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT tenant, provider, would_end, live, why, hash, policy_hash, held_at,
                only_tenant, only_provider, only_client FROM held_plans ORDER BY provider, tenant, hash
                """
        ).map { row in
            HeldPlan(
                tenant: (row[0] as String?).map { TenantID($0) },
                provider: (row[1] as String?).map { ProviderID($0) },
                wouldEnd: row[2],
                live: row[3],
                why: row[4],
                hash: row[5],
                policyHash: row[6],
                heldAt: Timestamp(milliseconds: row[7]),
                selection: selection(row, at: 8)
            )
        }
    }

    func runs(limit: Int) throws -> [RunRecord] {
        try fetchRuns("ORDER BY id DESC LIMIT ?", [limit])
    }

    func run(_ id: Int64) throws -> RunRecord? {
        try fetchRuns("WHERE id = ?", [id]).first
    }

    func fetchRuns(_ rest: String, _ arguments: StatementArguments) throws -> [RunRecord] {
        try Row.fetchAll(
            db,
            sql: "SELECT id, job, actor, started_at, ended_at, outcome, summary FROM runs \(rest)",
            arguments: arguments
        ).map { row in
            var run = RunRecord(
                id: row[0],
                job: row[1],
                actor: (row[2] as Blob?).flatMap { Actor(json: $0.bytes) } ?? Actor(kind: .schedule),
                startedAt: Timestamp(milliseconds: row[3])
            )
            run.endedAt = (row[4] as Int64?).map { Timestamp(milliseconds: $0) }
            run.outcome = row[5]
            run.summary = (row[6] as Blob?)?.bytes
            return run
        }
    }

    func revocation(row: Int64) throws -> RevocationOrder? {
        try fetchOrders("WHERE r.row = ?", [row]).first
    }

    func fetchOrders(_ rest: String, _ arguments: StatementArguments) throws -> [RevocationOrder] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT r.row, r.target, r.rule, r.reason, r.reference, r.actor, r.run, r.tries, r.first_tried_at,
                r.next_try_at, r.last_failure, r.progress, r.accepted_at, r.while_frozen, r.while_held
                FROM revocations r \(rest)
                """,
            arguments: arguments
        ).map { row in
            var order = RevocationOrder(
                row: row[0],
                target: Standing(code: row[1]),
                rule: Rule(code: row[2]),
                reason: row[3],
                actor: (row[5] as Blob?).flatMap { Actor(json: $0.bytes) } ?? Actor(kind: .schedule)
            )
            order.reference = row[4]
            order.run = row[6]
            order.tries = row[7]
            order.firstTriedAt = (row[8] as Int64?).map { Timestamp(milliseconds: $0) }
            order.nextTryAt = (row[9] as Int64?).map { Timestamp(milliseconds: $0) }
            order.lastFailure = row[10]
            order.progress.bits = row[11]
            order.progress.acceptedAt = (row[12] as Int64?).map { Timestamp(milliseconds: $0) }
            order.whileFrozen = row[13]
            order.whileHeld = row[14]
            return order
        }
    }

    func journal(after seq: Int64, limit: Int) throws -> [JournalEntry] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT j.seq, j.body, j.hash, b.name FROM journal j LEFT JOIN subjects b ON b.id = j.subject
                WHERE j.seq > ? ORDER BY j.seq LIMIT ?
                """
        )
        return try Row.fetchAll(statement, arguments: [seq, limit]).map { row in
            JournalEntry(
                seq: row[0],
                body: (row[1] as Blob).bytes,
                hash: (row[2] as Blob).bytes,
                subject: row[3]
            )
        }
    }

    func journalHead() throws -> (seq: Int64, hash: [UInt8]) {
        guard let row = try Row.fetchOne(db, sql: "SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1")
        else { return try journalAnchor().map { ($0.seq, $0.hash) } ?? (0, JournalHash.start) }
        return (row[0], (row[1] as Blob).bytes)
    }

    func sinkCursor(_ id: String) throws -> SinkCursor? {
        try Row.fetchOne(db, sql: "SELECT seq, failures, last_error FROM sinks WHERE id = ?", arguments: [id])
            .map { row in
                var cursor = SinkCursor(id: id, seq: row[0])
                cursor.failures = row[1]
                cursor.lastError = row[2]
                return cursor
            }
    }
}

internal import GRDB
internal import Grants

/// What the worker remembers: its schedules and the providers that do not answer.
extension SQLiteSnapshot {
    func breakers() throws -> [ProviderID: BreakerRecord] {
        let rows = try Row.fetchCursor(
            db,
            sql: "SELECT provider, failures, opened_at, retry_at, last_error FROM breakers"
        )
        var found: [ProviderID: BreakerRecord] = [:]
        while let row = try rows.next() {
            found[ProviderID(row[0])] = BreakerRecord(
                failures: row[1],
                openedAt: Timestamp(milliseconds: row[2]),
                retryAt: Timestamp(milliseconds: row[3]),
                lastError: row[4]
            )
        }
        return found
    }

    func canaryStates(at provider: ProviderID) throws -> [TokenKind: CanaryState] {
        let rows = try Row.fetchCursor(
            db,
            sql: "SELECT kind, sound_at, failing_since, why FROM canary_states WHERE provider = ?",
            arguments: [provider.rawValue]
        )
        var found: [TokenKind: CanaryState] = [:]
        while let row = try rows.next() {
            found[TokenKind(code: row[0])] = CanaryState(
                soundAt: (row[1] as Int64?).map { Timestamp(milliseconds: $0) },
                failingSince: (row[2] as Int64?).map { Timestamp(milliseconds: $0) },
                why: row[3]
            )
        }
        return found
    }

    // MARK: Names

    func knows(_ tenant: TenantID) throws -> Bool {
        guard let number = try words.number(tenant.rawValue) else { return false }
        return try Row.fetchOne(db, sql: "SELECT 1 FROM counts WHERE tenant = ? LIMIT 1", arguments: [number]) != nil
    }

    /// By each partition's holdings: their index leads from there to the client.
    func knows(_ client: ClientID) throws -> Bool {
        guard let number = try words.number(client.rawValue) else { return false }
        return try Row.fetchOne(
            db,
            sql: """
                SELECT 1 FROM (SELECT DISTINCT provider, tenant FROM counts) c
                CROSS JOIN holdings h ON h.provider = c.provider AND h.tenant = c.tenant AND h.client = ?
                LIMIT 1
                """,
            arguments: [number]
        ) != nil
    }

    func schedules() throws -> [String: ScheduleRecord] {
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT name, definition, since, scheduled_at, is_open, started_at, succeeded_at, outcome, failures,
                    is_paused
                FROM schedules
                """
        )
        var found: [String: ScheduleRecord] = [:]
        while let row = try rows.next() {
            func time(_ column: Int) -> Timestamp? {
                (row[column] as Int64?).map { Timestamp(milliseconds: $0) }
            }
            var record = ScheduleRecord(
                name: row[0],
                definition: row[1],
                since: Timestamp(milliseconds: row[2])
            )
            record.scheduledAt = time(3)
            record.isOpen = row[4]
            record.startedAt = time(5)
            record.succeededAt = time(6)
            record.outcome = row[7]
            record.failures = row[8]
            record.isPaused = row[9]
            found[record.name] = record
        }
        return found
    }

    func backlog(at instant: Timestamp, sinks: [String], isHeldBack: Bool) throws -> Backlog {
        var backlog = Backlog()
        backlog.hasGrantsDue = try isAny("SELECT 1 FROM states WHERE due_at <= ?", instant)
        let silent = try breakers().filter { $0.value.retryAt > instant }.keys
        let held = Set(try heldProviders().keys)
        let frozen = try freezes().map(\.selection)
        for provider in try providers(in: GrantSelection()) {
            if !backlog.hasQuestionsDue { backlog.hasQuestionsDue = try hasQuestionDue(at: provider, instant) }
            if !backlog.hasRevocationsDue, !silent.contains(provider) {
                backlog.hasRevocationsDue = try hasRevocationDue(
                    at: provider,
                    instant,
                    frozen,
                    isHeldBack: isHeldBack,
                    isHeld: held.contains(provider)
                )
            }
        }
        let head = try journalHead().seq
        backlog.hasEventsDue = try sinks.contains { try (sinkCursor($0)?.seq ?? 0) < head }
        return backlog
    }

    private func isAny(_ sql: String, _ instant: Timestamp) throws -> Bool {
        let statement = try db.cachedStatement(sql: sql + " LIMIT 1")
        return try Row.fetchOne(statement, arguments: [instant.milliseconds]) != nil
    }

    private func hasQuestionDue(at provider: ProviderID, _ instant: Timestamp) throws -> Bool {
        guard let number = try words.number(provider.rawValue) else { return false }
        let statement = try db.cachedStatement(
            sql: "SELECT 1 FROM states WHERE of_provider = ? AND of_tenant = ? AND ask_at <= ? LIMIT 1"
        )
        return try tenantsToAsk(at: provider, in: GrantSelection()).contains { tenant in
            let tenant = try words.number(tenant.rawValue)
            return try Row.fetchOne(statement, arguments: [number, tenant, instant.milliseconds]) != nil
        }
    }

    private func hasRevocationDue(
        at provider: ProviderID,
        _ instant: Timestamp,
        _ frozen: [GrantSelection],
        isHeldBack: Bool,
        isHeld: Bool
    ) throws -> Bool {
        try tenantsToRevoke(at: provider, in: GrantSelection()).contains { tenant in
            try (isHeldBack ? [true] : [true, false]).contains { isUrgent in
                var query = QueueQuery(
                    provider: provider,
                    tenant: tenant,
                    client: nil,
                    isUrgent: isUrgent,
                    dueBy: instant
                )
                query.isHeld = isHeld
                return try !orders(query, newUntil: instant, frozen: frozen, limit: 1).isEmpty
            }
        }
    }
}

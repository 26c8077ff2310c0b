internal import GRDB
internal import Grants

/// Questions and revocations by provider and tenant, the longest overdue first.
extension SQLiteSnapshot {
    func tenantsToAsk(at provider: ProviderID, in selection: GrantSelection) throws -> [TenantID] {
        try tenants(at: provider, in: selection) { number in
            try Int64.fetchAll(
                db.cachedStatement(
                    sql: "SELECT DISTINCT tenant FROM counts WHERE provider = ? AND standing <= 2 AND n > 0"
                ),
                arguments: [number]
            )
        }
    }

    func tenantsToRevoke(at provider: ProviderID, in selection: GrantSelection) throws -> [TenantID] {
        // One step of the index for each tenant, however many orders it has.
        try tenants(at: provider, in: selection) { number in
            try Int64.fetchAll(
                db.cachedStatement(
                    sql: """
                        WITH RECURSIVE found (tenant) AS (
                            SELECT min(of_tenant) FROM revocations WHERE of_provider = ?1 AND next_try_at IS NOT NULL
                            UNION ALL
                            SELECT (SELECT min(of_tenant) FROM revocations
                                WHERE of_provider = ?1 AND of_tenant > found.tenant AND next_try_at IS NOT NULL)
                            FROM found WHERE tenant IS NOT NULL
                        )
                        SELECT tenant FROM found WHERE tenant IS NOT NULL
                        """
                ),
                arguments: [number]
            )
        }
    }

    private func tenants(
        at provider: ProviderID,
        in selection: GrantSelection,
        _ all: (Int64) throws -> [Int64]
    ) throws -> [TenantID] {
        guard let number = try words.number(provider.rawValue) else { return [] }
        return try all(number).map { TenantID(try words.text($0)) }
            .filter { selection.tenant == nil || selection.tenant == $0 }.sorted()
    }

    func questions(_ query: QueueQuery, limit: Int) throws -> [StoredGrant] {
        // The unary plus keeps the planner from walking the confirmations' index for all others.
        let urgency = query.isUrgent ? "s.inactive_count > 0" : "+s.inactive_count = 0"
        var found: [StoredGrant] = []
        for (condition, arguments) in try conditions(query, table: "s", time: "ask_at") where found.count < limit {
            found += try fetch(
                "\(condition) AND \(urgency) AND s.standing <= 2 ORDER BY s.ask_at, s.row LIMIT ?",
                arguments + [limit - found.count]
            )
        }
        return found
    }

    func orders(
        _ query: QueueQuery,
        newUntil: Timestamp,
        frozen: [GrantSelection],
        limit: Int
    ) throws -> [RevocationOrder] {
        var wide = query
        wide.dueBy = max(query.dueBy, newUntil)
        var more = " AND (r.next_try_at <= ? OR r.tries = 0)"
        var values: StatementArguments = [query.dueBy.milliseconds]
        more += query.isUrgent ? " AND r.rule = \(Rule.byHand.code)" : " AND +r.rule <> \(Rule.byHand.code)"
        if query.isHeld {
            guard query.isUrgent else { return [] }
            more += " AND r.while_held = 1"
        }
        for freeze in frozen where freeze.provider == nil || freeze.provider == query.provider {
            // All of it: the condition would be true of every row, and looked at for each.
            if freeze.client == nil, freeze.tenant == nil || freeze.tenant == query.tenant {
                guard query.isUrgent else { return [] }
                more += " AND r.while_frozen = 1"
                continue
            }
            guard let cold = try Filter(.all, freeze, provider: query.provider, words) else { continue }
            more +=
                query.isUrgent ? " AND (r.while_frozen = 1 OR NOT (\(cold.condition)))" : " AND NOT (\(cold.condition))"
            values += cold.arguments
        }
        var found: [RevocationOrder] = []
        for (condition, arguments) in try conditions(wide, table: "r", time: "next_try_at")
        where found.count < limit {
            found += try fetchOrders(
                "JOIN grants g ON g.row = r.row WHERE \(condition)\(more) ORDER BY r.next_try_at, r.row LIMIT ?",
                arguments + values + [limit - found.count]
            )
        }
        return found
    }

    /// One after the other they give what comes after the query's place, each by the index alone: a comparison of
    /// pairs would walk over all of the same instant.
    ///
    /// Empty: no row can match, because a name is in no row.
    private func conditions(
        _ query: QueueQuery,
        table: String,
        time: String
    ) throws -> [(String, StatementArguments)] {
        guard let provider = try words.number(query.provider.rawValue),
            let tenant = try words.number(query.tenant.rawValue)
        else { return [] }
        var condition = "\(table).of_provider = ? AND \(table).of_tenant = ? AND \(table).\(time) <= ?"
        var arguments: StatementArguments = [provider, tenant, query.dueBy.milliseconds]
        if let client = query.client {
            guard let number = try words.number(client.rawValue) else { return [] }
            condition += " AND g.client = ?"
            arguments += [number]
        }
        guard let place = query.after else { return [(condition, arguments)] }
        return [
            (
                "\(condition) AND \(table).\(time) = ? AND \(table).row > ?",
                arguments + [place.at.milliseconds, place.row]
            ),
            ("\(condition) AND \(table).\(time) > ?", arguments + [place.at.milliseconds]),
        ]
    }

    /// Tenant by tenant, so that it costs what is due.
    func countQuestions(dueBy instant: Timestamp, in selection: GrantSelection) throws -> Int {
        try providers(in: selection).reduce(0) { sum, provider in
            guard let number = try words.number(provider.rawValue) else { return sum }
            return try tenantsToAsk(at: provider, in: selection).reduce(sum) { sum, tenant in
                let statement = try db.cachedStatement(
                    sql: "SELECT count(*) FROM states WHERE of_provider = ? AND of_tenant = ? AND ask_at <= ?"
                )
                let tenant = try words.number(tenant.rawValue)
                return try sum + (Int.fetchOne(statement, arguments: [number, tenant, instant.milliseconds]) ?? 0)
            }
        }
    }

    func questionCounts(in selection: GrantSelection, dueBy: Timestamp) throws -> [Partition: QuestionCounts] {
        var counts: [Partition: QuestionCounts] = [:]
        for provider in try providers(in: selection) {
            guard let number = try words.number(provider.rawValue) else { continue }
            for (tenant, askable, due) in try questionCounts(at: number, of: selection.client, dueBy: dueBy) {
                let tenant = TenantID(try words.text(tenant))
                guard selection.tenant == nil || selection.tenant == tenant else { continue }
                counts[Partition(provider: provider, tenant: tenant)] = QuestionCounts(askable: askable, due: due)
            }
        }
        return counts
    }

    /// By tenant; of all clients it costs what is due, of a single one what is stored of the provider.
    private func questionCounts(
        at provider: Int64,
        of client: ClientID?,
        dueBy: Timestamp
    ) throws -> [(tenant: Int64, askable: Int, due: Int)] {
        let rows: [Row]
        if let client {
            guard let client = try words.number(client.rawValue) else { return [] }
            rows = try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT s.of_tenant, count(*), count(nullif(s.ask_at <= ?, 0)) FROM states s
                        JOIN grants g ON g.row = s.row
                        WHERE s.of_provider = ? AND s.ask_at IS NOT NULL AND g.client = ? GROUP BY s.of_tenant
                        """
                ),
                arguments: [dueBy.milliseconds, provider, client]
            )
        } else {
            rows = try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT a.tenant, a.n, (SELECT count(*) FROM states s
                            WHERE s.of_provider = a.provider AND s.of_tenant = a.tenant AND s.ask_at <= ?)
                        FROM asked a WHERE a.provider = ? AND a.n > 0
                        """
                ),
                arguments: [dueBy.milliseconds, provider]
            )
        }
        return rows.map { ($0[0], $0[1], $0[2]) }
    }
}

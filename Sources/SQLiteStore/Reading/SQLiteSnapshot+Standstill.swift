internal import GRDB
internal import Grants

/// Each query is one partition's share, found by a partial index that begins with the partition, and ends after a fixed
/// number of rows.
extension SQLiteSnapshot {
    // The numbers are those of StoredCodes: 12 is cannot-revoke, 9 no-evidence; the conditions are the indexes' own.
    static let standstillQueries = (
        unrevocable: holders("kept_by = 12"),
        unjudged: holders("kept_by = 9"),
        unknown: """
        SELECT g.client, g.role, g.environment, s.unknown_why, count(*), min(s.unknown_since)
        FROM (
            SELECT row, unknown_why, unknown_since FROM states
            WHERE of_provider = ? AND of_tenant = ? AND unknown_since <= ? AND unknown_since IS NOT NULL
            AND standing <= 2 ORDER BY unknown_since LIMIT ?
        ) s CROSS JOIN grants g ON g.row = s.row GROUP BY 1, 2, 3, 4
        """,
        resurfaced: "SELECT count(*) FROM (SELECT 1 FROM states WHERE resurfaced_at IS NOT NULL LIMIT ?)"
    )

    private static func holders(_ condition: String) -> String {
        """
        SELECT g.client, count(*)
        FROM (
            SELECT row FROM states WHERE of_provider = ? AND of_tenant = ? AND \(condition) AND standing <= 2 LIMIT ?
        ) s CROSS JOIN grants g ON g.row = s.row GROUP BY 1
        """
    }

    func standstill(unknownSince instant: Timestamp) throws -> Standstill {
        let (queries, most) = (Self.standstillQueries, Standstill.mostCounted)
        var standstill = Standstill()
        standstill.resurfaced = try Int.fetchOne(db, sql: queries.resurfaced, arguments: [most]) ?? 0
        for row in try Row.fetchAll(db, sql: "SELECT DISTINCT provider, tenant FROM counts") {
            let (provider, tenant): (Int64, Int64) = (row[0], row[1])
            func holder(_ client: Int64) throws -> Standstill.Holder {
                .init(
                    provider: ProviderID(try words.text(provider)),
                    tenant: TenantID(try words.text(tenant)),
                    client: ClientID(try words.text(client))
                )
            }
            for found in try rows(queries.unrevocable, [provider, tenant, most]) {
                standstill.unrevocable[try holder(found[0])] = found[1]
            }
            for found in try rows(queries.unjudged, [provider, tenant, most]) {
                standstill.unjudged[try holder(found[0])] = found[1]
            }
            for found in try rows(queries.unknown, [provider, tenant, instant.milliseconds, most]) {
                standstill.unknown.append(
                    .init(
                        holder: try holder(found[0]),
                        role: try (found[1] as Int64?).map { try words.text($0) },
                        environment: try (found[2] as Int64?).map { try words.text($0) },
                        why: (found[3] as String?).flatMap { UnknownReason(rawValue: $0) },
                        count: found[4],
                        since: Timestamp(milliseconds: found[5])
                    )
                )
            }
        }
        return standstill
    }

    private func rows(_ sql: String, _ arguments: StatementArguments) throws -> [Row] {
        try Row.fetchAll(try db.cachedStatement(sql: sql), arguments: arguments)
    }
}

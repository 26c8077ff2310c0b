internal import GRDB
internal import Grants

/// ``StoreReading`` over one open transaction; lives no longer than it.
class SQLiteSnapshot: StoreReading {
    let db: Database
    let words: Words
    /// nil: no key was given.
    let vault: TokenVault?
    /// Found frozen besides what is stored.
    let imposed: [Freeze]
    private var sealedToken = LateStatement(
        "SELECT sealed FROM tokens WHERE row = ? AND kind = ? AND length(sealed) > 0"
    )
    private var byRow = LateStatement("SELECT \(GrantRow.columns) FROM \(GrantRow.tables) WHERE g.row = ?")
    var keyed = KeyedStatements()
    /// Whether a purged grant is remembered; nil: not looked yet.
    var anyPurged: Bool?
    /// Whether a subject or an id is stored that is not in form C; nil: not looked yet.
    var anyUnfit: Bool?

    init(_ db: Database, vault: TokenVault?, imposed: [Freeze] = []) {
        self.db = db
        self.imposed = imposed
        self.vault = vault
        words = Words(db)
    }

    // MARK: Grants

    func forEach(
        _ state: GrantState,
        in selection: GrantSelection,
        _ body: (StoredGrant) throws -> Void
    ) throws {
        let isFew = try isFew(state)
        for provider in try providers(in: selection) {
            guard let filter = try Filter(state, selection, provider: provider, isFew: isFew, words) else { continue }
            let statement = try db.makeStatement(
                sql: """
                    SELECT \(GrantRow.columns) FROM \(GrantRow.tables)
                    WHERE \(filter.condition) ORDER BY g.id
                    """
            )
            try HotRow.forEach(statement, filter.arguments) { row in
                try body(GrantRow.value(row, words))
            }
        }
    }

    func page(
        _ state: GrantState,
        in selection: GrantSelection,
        after key: Grant.Key?,
        limit: Int
    ) throws -> [StoredGrant] {
        var page: [StoredGrant] = []
        for provider in try providers(in: selection) where page.count < limit {
            if let key, provider < key.provider { continue }
            guard var filter = try Filter(state, selection, provider: provider, words) else { continue }
            if let key, provider == key.provider {
                filter.condition += " AND g.id > ?"
                filter.arguments += [key.id]
            }
            page += try fetch(
                "\(filter.condition) ORDER BY g.id LIMIT ?",
                filter.arguments + [limit - page.count]
            )
        }
        return page
    }

    func count(_ state: GrantState, in selection: GrantSelection) throws -> Int {
        if case .toAsk(let instant) = state, selection.client == nil {
            return try countQuestions(dueBy: instant, in: selection)
        }
        let isFew = try isFew(state)
        return try providers(in: selection).reduce(0) { sum, provider in
            guard let filter = try Filter(state, selection, provider: provider, isFew: isFew, words) else { return sum }
            return try sum
                + (Int.fetchOne(
                    db,
                    sql: "SELECT count(*) FROM grants g JOIN states s ON s.row = g.row WHERE \(filter.condition)",
                    arguments: filter.arguments
                ) ?? 0)
        }
    }

    /// So few are due that sorting them costs less than walking all in key order.
    private func isFew(_ state: GrantState) throws -> Bool {
        let most = 10_000
        let due: Timestamp
        switch state {
        case .due(let instant): due = instant
        case .dueOr(let instant, let rows, let holdings):
            guard try rows.count + liveCount(ofHoldings: holdings) <= most else { return false }
            due = instant
        case .ofHoldings(let holdings): return try liveCount(ofHoldings: holdings) <= most
        case .drifting: return true
        case .all, .live, .unended, .resurfaced, .toAsk: return false
        }
        let statement = try db.cachedStatement(
            sql: "SELECT count(*) FROM (SELECT 1 FROM states WHERE due_at <= ? LIMIT ?)"
        )
        return try Int.fetchOne(statement, arguments: [due.milliseconds, most + 1]) ?? 0 <= most
    }

    /// In order of their names, so that walks over all of them are in key order.
    func providers(in selection: GrantSelection) throws -> [ProviderID] {
        if let only = selection.provider { return [only] }
        return try Int64.fetchAll(db, sql: "SELECT DISTINCT provider FROM counts")
            .map { ProviderID(try words.text($0)) }.sorted()
    }

    func grant(_ key: Grant.Key) throws -> StoredGrant? {
        guard let provider = try words.number(key.provider.rawValue) else { return nil }
        let row = try keyed.row.on(db).first(
            {
                $0.add(provider)
                $0.add(key.id)
            },
            { $0.number(0) }
        )
        return try row.flatMap(grant(row:))
    }

    func grant(row: Int64) throws -> StoredGrant? {
        try byRow.on(db).first({ $0.add(row) }, { try GrantRow.value($0, words) })
    }

    func keys(named id: String) throws -> [Grant.Key] {
        try providers(in: GrantSelection()).compactMap { provider in
            try grant(.init(provider: provider, id: id))?.grant.key
        }
    }

    func familyName(_ family: Int64) throws -> String? {
        let statement = try db.cachedStatement(sql: "SELECT name FROM families WHERE id = ?")
        return try Row.fetchOne(statement, arguments: [family]).flatMap { $0[0] as String? }
    }

    func members(ofFamily family: Int64, limit: Int) throws -> [StoredGrant] {
        try fetch("g.family = ? AND s.standing <= 2 LIMIT ?", [family, limit])
    }

    func lastUseOfEnded(inFamily family: Int64) throws -> Timestamp? {
        let statement = try db.cachedStatement(
            sql: """
                SELECT max(s.last_used_at) FROM grants g JOIN states s ON s.row = g.row
                WHERE g.family = ? AND s.standing > 2
                """
        )
        return try Row.fetchOne(statement, arguments: [family]).flatMap { $0[0] as Int64? }
            .map { Timestamp(milliseconds: $0) }
    }

    func grants(
        of client: ClientID,
        subject: String,
        at provider: ProviderID,
        limit: Int
    ) throws -> [StoredGrant] {
        guard let provider = try words.number(provider.rawValue), let client = try words.number(client.rawValue)
        else { return [] }
        return try fetch(
            """
            g.subject = (SELECT id FROM subjects WHERE name = ?) AND g.provider = ? AND g.client = ?
            AND s.standing <= 2 LIMIT ?
            """,
            [subject, provider, client, limit]
        )
    }

    func everyGrant(of client: ClientID, subject: String, at provider: ProviderID) throws -> [StoredGrant] {
        guard let provider = try words.number(provider.rawValue), let client = try words.number(client.rawValue)
        else { return [] }
        return try fetch(
            "g.subject = (SELECT id FROM subjects WHERE name = ?) AND g.provider = ? AND g.client = ?",
            [subject, provider, client]
        )
    }

    func newestActive(
        at provider: ProviderID,
        kind: TokenKind,
        except client: ClientID,
        limit: Int
    ) throws -> [StoredGrant] {
        guard let provider = try words.number(provider.rawValue) else { return [] }
        return try fetch(
            """
            s.verdict = 1 AND s.inactive_since IS NULL AND s.standing <= 2 AND g.provider = ? AND g.tokens & ? <> 0
            AND g.client IS NOT ? ORDER BY s.verdict_at DESC LIMIT ?
            """,
            [provider, kind.code, try words.number(client.rawValue), limit]
        )
    }

    func fetch(_ condition: String, _ arguments: StatementArguments) throws -> [StoredGrant] {
        let statement = try db.cachedStatement(
            sql: "SELECT \(GrantRow.columns) FROM \(GrantRow.tables) WHERE \(condition)"
        )
        var found: [StoredGrant] = []
        try HotRow.forEach(statement, arguments) { found.append(try GrantRow.value($0, words)) }
        return found
    }

    /// Writes counters that a transaction has gathered and not yet written.
    func settle() throws {}

    // MARK: Counters

    func counts(endsSince: Timestamp) throws -> [Partition: PartitionCounts] {
        var counts: [Partition: PartitionCounts] = [:]
        for row in try Row.fetchAll(db, sql: "SELECT provider, tenant, standing, n FROM counts WHERE n > 0") {
            counts[try partition(row), default: PartitionCounts()].standings[Standing(code: row[2])] = row[3]
        }
        let ends = try Row.fetchAll(
            db,
            sql: """
                SELECT provider, tenant, sum(ended), sum(counted) FROM ends WHERE minute >= ?
                GROUP BY provider, tenant
                """,
            arguments: [endsSince.milliseconds / 60_000]
        )
        for row in ends {
            let partition = try partition(row)
            counts[partition, default: PartitionCounts()].endedInWindow = row[2]
            counts[partition, default: PartitionCounts()].recent = row[3]
        }
        return counts
    }

    func ownEnds(after: Timestamp, by: Timestamp) throws -> [Partition: Int] {
        try settle()
        return try numbers(OwnEndSQL.near, [after.milliseconds, by.milliseconds])
    }

    func ripeOwnEnds(at now: Timestamp) throws -> [Partition: Int] {
        try settle()
        return try numbers(OwnEndSQL.ripe, [now.milliseconds, Timestamp.earliestSensible.milliseconds])
    }

    private func numbers(_ sql: String, _ arguments: StatementArguments) throws -> [Partition: Int] {
        try Row.fetchAll(db.cachedStatement(sql: sql), arguments: arguments).reduce(into: [:]) { numbers, row in
            numbers[try partition(row)] = row[2]
        }
    }

    private func partition(_ row: Row) throws -> Partition {
        Partition(provider: ProviderID(try words.text(row[0])), tenant: TenantID(try words.text(row[1])))
    }

    // MARK: Tokens

    func tokens(of row: Int64) throws -> [TokenKind: Secret] {
        let statement = try db.cachedStatement(
            sql: "SELECT kind, sealed FROM tokens WHERE row = ? AND length(sealed) > 0"
        )
        let rows = try Row.fetchAll(statement, arguments: [row])
        guard !rows.isEmpty else { return [:] }
        let vault = try openVault()
        var tokens: [TokenKind: Secret] = [:]
        for found in rows {
            let kind = TokenKind(code: found[0])
            tokens[kind] = try vault.open((found[1] as Blob).bytes, row: row, kind: kind)
        }
        return tokens
    }

    func token(_ kind: TokenKind, of row: Int64) throws -> Secret? {
        let sealed = try sealedToken.on(db).first(
            {
                $0.add(row)
                $0.add(kind.code)
            },
            { $0.bytes(0) }
        )
        return try sealed.map { try openVault().open($0, row: row, kind: kind) }
    }

    func toldClients(of row: Int64) throws -> [ClientID] {
        let statement = try db.cachedStatement(
            sql: "SELECT told_client FROM tokens WHERE row = ? AND told_client IS NOT NULL ORDER BY kind"
        )
        return try String.fetchAll(statement, arguments: [row]).map { ClientID($0) }
    }

    func rows(carrying token: Secret) throws -> [Int64] {
        try rows(withFingerprint: openVault().fingerprint(token))
    }

    func rows(carryingSHA256 digest: [UInt8]) throws -> [Int64] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT row FROM tokens WHERE fingerprint = ?1
                UNION SELECT row FROM former_tokens WHERE fingerprint = ?1
                """
        )
        return try Int64.fetchAll(statement, arguments: [Blob(try openVault().fingerprint(sha256: digest))])
    }

    func rows(withFingerprint fingerprint: [UInt8]) throws -> [Int64] {
        let statement = try db.cachedStatement(sql: "SELECT row FROM tokens WHERE fingerprint = ?")
        return try Int64.fetchAll(statement, arguments: [Blob(fingerprint)])
    }

    func openVault() throws -> TokenVault {
        guard let vault else {
            throw StoreError(
                .noKey,
                "this needs the store's key, and there is none",
                hint: "name it in the configuration: store: { key: { file: … } }"
            )
        }
        return vault
    }
}

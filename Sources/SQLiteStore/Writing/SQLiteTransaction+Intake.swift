internal import Crypto
internal import GRDB
internal import Grants
internal import Records

extension SQLiteTransaction {
    /// So many names of one feed are kept one by one: a feed that sends made-up names must not fill the store.
    private static var unmappedLimit: Int { 10_000 }

    // MARK: Uses without a grant

    func noteUnmapped(_ use: UnmappedUse) throws {
        anyUnmapped = true
        let group = UnmappedGroup(
            feed: ExactText(use.feed),
            provider: ExactText(use.provider?.rawValue ?? ""),
            client: ExactText(use.client?.rawValue ?? "")
        )
        // Once the names of a client are kept as one, another of them costs no statement.
        if var known = try gathered(group) {
            known.first = min(known.first, use.first.milliseconds)
            known.last = max(known.last, use.last.milliseconds)
            known.names += 1
            gatheredGroups[group] = .some(known)
            return
        }
        let digest = try digest(use.name)
        try using.keep.on(db).run { values in
            values.add(digest)
            values.add(use.name.code)
            values.add(group.feed.text)
            values.add(group.provider.text)
            values.add(group.client.text)
            values.add(use.first.milliseconds)
            values.add(use.last.milliseconds)
        }
        let kept = try (unmappedCounts[group.feed] ?? countUnmapped(group.feed) - 1) + 1
        unmappedCounts[group.feed] = kept
        if kept > Self.unmappedLimit { try gatherUnmapped(group.feed) }
    }

    private func countUnmapped(_ feed: ExactText) throws -> Int {
        try Int.fetchOne(
            db.cachedStatement(sql: "SELECT count(*) FROM unmapped_uses WHERE feed = ?"),
            arguments: [feed.text]
        ) ?? 0
    }

    /// What is kept as one of the group; nil: its names are kept one by one.
    private func gathered(_ group: UnmappedGroup) throws -> UnmappedGroup.Gathered? {
        if let known = gatheredGroups[group] { return known }
        let statement = try db.cachedStatement(
            sql: """
                SELECT first_at, last_at, names FROM unmapped_uses
                WHERE digest = x'' AND kind = 0 AND feed = ? AND provider = ? AND client = ?
                """
        )
        let arguments: StatementArguments = [group.feed.text, group.provider.text, group.client.text]
        let found = try Row.fetchOne(statement, arguments: arguments)
            .map { UnmappedGroup.Gathered(first: $0[0], last: $0[1], names: $0[2]) }
        gatheredGroups[group] = .some(found)
        return found
    }

    /// Makes one of all names of the client that has most of them: it stands still since the first.
    private func gatherUnmapped(_ feed: ExactText) throws {
        // A name that was kept already has been counted twice, it may be.
        let kept = try countUnmapped(feed)
        unmappedCounts[feed] = kept
        guard kept > Self.unmappedLimit else { return }
        let largest = try Row.fetchOne(
            db,
            sql: """
                SELECT provider, client, min(first_at), max(last_at), sum(names) FROM unmapped_uses WHERE feed = ?
                GROUP BY provider, client ORDER BY count(*) DESC LIMIT 1
                """,
            arguments: [feed.text]
        )
        if let largest {
            let group = UnmappedGroup(
                feed: feed,
                provider: ExactText(largest[0]),
                client: ExactText(largest[1])
            )
            try execute(
                "DELETE FROM unmapped_uses WHERE feed = ? AND provider = ? AND client = ?",
                [feed.text, group.provider.text, group.client.text]
            )
            gatheredGroups[group] = .some(
                UnmappedGroup.Gathered(first: largest[2], last: largest[3], names: largest[4])
            )
            try settleUnmapped()
        }
        unmappedCounts[feed] = try countUnmapped(feed)
    }

    /// Writes what is kept as one.
    func settleUnmapped() throws {
        for case (let group, let gathered?) in gatheredGroups {
            try execute(
                """
                INSERT OR REPLACE INTO unmapped_uses (digest, kind, feed, provider, client, first_at, last_at, names)
                VALUES (x'', 0, ?, ?, ?, ?, ?, ?)
                """,
                [
                    group.feed.text, group.provider.text, group.client.text, gathered.first, gathered.last,
                    gathered.names,
                ]
            )
        }
    }

    func takeUnmapped(of stored: StoredGrant, tokens: @autoclosure () -> [Secret]) throws -> Timestamp? {
        guard try hasUnmapped() else { return nil }
        let grant = stored.grant
        var names: [(UnmappedUse.Name, client: ClientID?)] = [(.grant(grant.key.id), nil)]
        if let subject = grant.subject { names.append((.subject(subject), grant.client)) }
        for token in tokens() { names.append((.tokenDigest(Array(SHA256.hash(data: token.bytes))), nil)) }
        var latest: Int64?
        for (name, client) in names {
            let condition = "digest = ?1 AND kind = ?2 AND provider IN ('', ?3) AND (?4 IS NULL OR client = ?4)"
            let arguments: StatementArguments = [
                Blob(try digest(name)), name.code, grant.key.provider.rawValue, client?.rawValue,
            ]
            let statement = try db.cachedStatement(sql: "SELECT max(last_at) FROM unmapped_uses WHERE \(condition)")
            guard let last = try Row.fetchOne(statement, arguments: arguments).flatMap({ $0[0] as Int64? }) else {
                continue
            }
            latest = max(latest ?? last, last)
            try execute("DELETE FROM unmapped_uses WHERE \(condition)", arguments)
        }
        return latest.map { Timestamp(milliseconds: $0) }
    }

    func releaseUnmapped(feed: String, client: ClientID?, until: Timestamp) throws -> Int {
        try settleUnmapped()
        gatheredGroups = [:]
        let arguments: StatementArguments = [feed, client?.rawValue ?? "", until.milliseconds]
        try execute("DELETE FROM unmapped_uses WHERE feed = ?1 AND client = ?2 AND last_at <= ?3", arguments)
        let released = db.changesCount
        // What was used later, too, stands still from then on.
        try execute(
            "UPDATE unmapped_uses SET first_at = ?3 + 1 WHERE feed = ?1 AND client = ?2 AND first_at <= ?3",
            arguments
        )
        return released + db.changesCount
    }

    func releaseUnmapped(feed: String, subjects: [String]) throws {
        guard !subjects.isEmpty, try hasUnmapped() else { return }
        for subject in subjects {
            let name = UnmappedUse.Name.subject(subject)
            try execute(
                "DELETE FROM unmapped_uses WHERE digest = ? AND kind = ? AND feed = ?",
                [Blob(try digest(name)), name.code, feed]
            )
        }
    }

    /// Mostly there are none, and an import need not look for each grant.
    private func hasUnmapped() throws -> Bool {
        if let known = anyUnmapped { return known }
        let any = try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM unmapped_uses)") ?? true
        anyUnmapped = any
        return any
    }

    /// Names of people are kept as digests that only this store makes, by their form C.
    private func digest(_ name: UnmappedUse.Name) throws -> [UInt8] {
        switch name {
        case .tokenDigest(let digest): return try openVault().fingerprint(sha256: digest)
        case .grant(let text), .subject(let text):
            var hash = SHA256()
            hash.update(data: try digestSalt())
            hash.update(data: Array(text.normalized.utf8))
            return Array(hash.finalize())
        }
    }

    private func digestSalt() throws -> [UInt8] {
        if let known = salt { return known }
        let name = "digest_salt"
        if try setting(name) == nil {
            let random = SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }
            try setSetting(name, random.map { String($0, radix: 16) }.joined(separator: "-"))
        }
        let made = Array((try setting(name) ?? "").utf8)
        salt = made
        return made
    }

    // MARK: Tokens and names that were

    /// Keeps the fingerprints of a grant's tokens, of one kind or of all, before they are replaced or leave.
    func keepFingerprints(row: Int64, kind: TokenKind? = nil) throws {
        try execute(
            """
            INSERT OR IGNORE INTO former_tokens (fingerprint, row)
            SELECT fingerprint, row FROM tokens WHERE row = ?1 AND (?2 IS NULL OR kind = ?2)
            """,
            [row, kind?.code]
        )
    }

    /// Notes a subject or an id that is not in form C, so that its look-alikes are found.
    func noteUnfit(_ name: String, _ kind: UnfitName.Kind) throws {
        guard !name.isNormalized else { return }
        try execute(
            "INSERT OR IGNORE INTO unfit_names (kind, form, name) VALUES (?, ?, ?)",
            [kind.code, name.normalized, name]
        )
    }
}

/// Whose the uses of a feed may be that name no known grant; empty: none is named.
struct UnmappedGroup: Hashable {
    let feed: ExactText
    let provider: ExactText
    let client: ExactText

    /// All names of a group, kept as one.
    struct Gathered {
        var first: Int64
        var last: Int64
        var names: Int64
    }
}

extension UnmappedUse.Name {
    fileprivate var code: Int {
        switch self {
        case .grant: 1
        case .tokenDigest: 2
        case .subject: 3
        }
    }
}

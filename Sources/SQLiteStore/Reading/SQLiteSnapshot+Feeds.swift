internal import GRDB
internal import Grants
internal import Records

// Feeds are few; what stands still because of one is gathered by index.
extension SQLiteSnapshot {
    func feeds() throws -> [String: FeedRecord] {
        var feeds = try feedsAlone()
        for (id, standstill) in try unmappedUses() where feeds[id] != nil { feeds[id]?.unmappedUses.append(standstill) }
        return feeds
    }

    func feedsAlone() throws -> [String: FeedRecord] {
        var feeds: [String: FeedRecord] = [:]
        let sql = """
            SELECT id, observed_from, observed_until, mapped, unmapped, rated_until, mapped_since_rated, rates,
            is_stale, unreadable, unreadable_place, unreadable_problem, unreadable_sample, unreadable_since,
            unreadable_until, ignored, refused_words, heard_at, covers FROM feeds
            """
        for row in try Row.fetchAll(db.cachedStatement(sql: sql)) {
            let feed = feed(row)
            feeds[feed.id] = feed
        }
        return feeds
    }

    private func feed(_ row: Row) -> FeedRecord {
        var feed = FeedRecord(id: row[0])
        if let from = row[1] as Int64?, let until = row[2] as Int64? {
            feed.window = Window(from: .init(milliseconds: from), until: .init(milliseconds: until))
        }
        feed.mapped = row[3]
        feed.unmapped = row[4]
        feed.ratedUntil = (row[5] as Int64?).map { Timestamp(milliseconds: $0) }
        feed.mappedSinceRated = row[6]
        feed.rates = (row[7] as String).split(separator: ",").compactMap { Int($0) }
        feed.isStale = row[8]
        feed.unreadable = row[9]
        if let place = row[10] as String?, let problem = row[11] as String?, let since = row[13] as Int64? {
            feed.firstUnreadable = .init(
                place: place,
                problem: problem,
                sample: row[12],
                readAt: Timestamp(milliseconds: since)
            )
        }
        feed.lastUnreadableAt = (row[14] as Int64?).map { Timestamp(milliseconds: $0) }
        feed.ignored = row[15]
        feed.refusedWords = FeedRecord.RefusedWord.list(row[16])
        feed.heardAt = (row[17] as Int64?).map { Timestamp(milliseconds: $0) }
        feed.covers = (row[18] as String?).map(FeedRecord.CoveredPart.list)
        return feed
    }

    /// What was used last before the window began decides nothing in it, and is left out.
    private func unmappedUses() throws -> [(feed: String, UnmappedUses)] {
        let sql = """
            SELECT u.feed, u.provider, u.client, min(u.first_at), max(u.last_at), sum(u.names)
            FROM unmapped_uses u LEFT JOIN feeds f ON f.id = u.feed
            WHERE u.last_at >= coalesce(f.observed_from, u.last_at) GROUP BY u.feed, u.provider, u.client
            """
        return try Row.fetchAll(db.cachedStatement(sql: sql)).map { row in
            let (provider, client) = (row[1] as String, row[2] as String)
            return (
                row[0],
                UnmappedUses(
                    provider: provider.isEmpty ? nil : ProviderID(provider),
                    client: client.isEmpty ? nil : ClientID(client),
                    first: Timestamp(milliseconds: row[3]),
                    last: Timestamp(milliseconds: row[4]),
                    names: row[5]
                )
            )
        }
    }
}

extension SQLiteSnapshot {
    func unreadInputs() throws -> [UnreadInput] {
        let reader = InputReader(identity: .current())
        let sql = """
            SELECT id, source, size, digest, feeds, unfinished_line, begun_at, pid, pid_namespace, process_start, boot,
            lease_until FROM usage_inputs ORDER BY id
            """
        return try Row.fetchAll(try db.cachedStatement(sql: sql)).compactMap { row in
            let state = reader.state(row)
            guard state != .reads else { return nil }
            var mark: InputMark?
            if let size = row["size"] as Int64?, let digest = row["digest"] as Blob? {
                mark = InputMark(size: size, digest: digest.bytes)
            }
            return UnreadInput(
                id: row["id"],
                source: row["source"],
                mark: mark,
                feeds: Self.list(row["feeds"]),
                unfinishedLine: row["unfinished_line"],
                begunAt: Timestamp(milliseconds: row["begun_at"]),
                mayBeRead: state == .mayRead
            )
        }
    }

    private static func list(_ text: String) -> [String] {
        let members = try? JSONObject(parsing: Array(#"{"feeds":\#(text)}"#.utf8))["feeds"]?.arrayValue
        return (members ?? []).compactMap(\.stringValue)
    }
}

extension FeedRecord.CoveredPart {
    /// As the store keeps them: a JSON list; absent members mean all, or from the beginning.
    static func json(_ parts: [Self]) -> String {
        var writer = JSONWriter()
        writer.beginArray()
        for part in parts {
            writer.beginObject()
            writer.member("provider", part.cover.provider.rawValue)
            if let tenants = part.cover.tenants { writer.member("tenants", tenants.map(\.rawValue)) }
            if let clients = part.cover.clients { writer.member("clients", clients.map(\.rawValue)) }
            if let since = part.since { writer.member("since", since.milliseconds) }
            writer.endObject()
        }
        writer.endArray()
        return writer.text
    }

    static func list(_ text: String) -> [Self] {
        let parts = try? JSONObject(parsing: Array(#"{"covers":\#(text)}"#.utf8))["covers"]?.arrayValue
        return (parts ?? []).compactMap(\.objectValue).compactMap { part in
            guard let provider = part["provider"]?.stringValue else { return nil }
            func names(_ member: String) -> [String]? {
                part[member]?.arrayValue.map { $0.compactMap(\.stringValue) }
            }
            let cover = FeedSettings.Cover(
                provider: ProviderID(provider),
                tenants: names("tenants").map { $0.map { TenantID($0) } },
                clients: names("clients").map { $0.map { ClientID($0) } }
            )
            return Self(cover: cover, since: part["since"]?.int64Value.map { Timestamp(milliseconds: $0) })
        }
    }
}

extension FeedRecord.RefusedWord {
    /// As the store keeps them: `until:mapped:unmapped:unreadable`, separated by commas.
    static func list(_ text: String) -> [Self] {
        text.split(separator: ",").compactMap { word in
            let numbers = word.split(separator: ":").compactMap { Int64($0) }
            guard numbers.count == 4 else { return nil }
            return Self(
                until: Timestamp(milliseconds: numbers[0]),
                mapped: Int(numbers[1]),
                unmapped: Int(numbers[2]),
                unreadable: Int(numbers[3])
            )
        }
    }

    static func text(_ words: [Self]) -> String {
        words.map { "\($0.until.milliseconds):\($0.mapped):\($0.unmapped):\($0.unreadable)" }.joined(separator: ",")
    }
}

internal import GRDB
internal import Grants
internal import Records

/// What a usage log changes beside the grants: its feeds, and which inputs were not read to their end.
extension SQLiteTransaction {
    func setFeed(_ feed: FeedRecord) throws {
        try execute(
            """
            INSERT OR REPLACE INTO feeds (id, observed_from, observed_until, mapped, unmapped, rated_until,
            mapped_since_rated, rates, is_stale, unreadable, unreadable_place, unreadable_problem, unreadable_sample,
            unreadable_since, unreadable_until, ignored, refused_words, heard_at, covers)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                feed.id, feed.window?.from.milliseconds, feed.window?.until.milliseconds, feed.mapped, feed.unmapped,
                feed.ratedUntil?.milliseconds, feed.mappedSinceRated,
                feed.rates.map(String.init).joined(separator: ","), feed.isStale ? 1 : 0, feed.unreadable,
                feed.firstUnreadable?.place, feed.firstUnreadable?.problem, feed.firstUnreadable?.sample,
                feed.firstUnreadable?.readAt.milliseconds, feed.lastUnreadableAt?.milliseconds, feed.ignored,
                FeedRecord.RefusedWord.text(feed.refusedWords), feed.heardAt?.milliseconds,
                feed.covers.map(FeedRecord.CoveredPart.json),
            ]
        )
    }

    // MARK: Inputs

    func beginInput(_ source: String, _ mark: InputMark?, feeds: [String], at now: Timestamp) throws -> Int64 {
        let identity = leases.identity
        try execute(
            """
            INSERT INTO usage_inputs (source, size, digest, feeds, begun_at, pid, pid_namespace, process_start, boot,
            lease_until) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                source, mark?.size, mark.map { Blob($0.digest) }, Self.list(feeds), now.milliseconds, identity.pid,
                identity.namespace, identity.start, identity.boot, identity.bootMilliseconds() + InputReader.lease,
            ]
        )
        return db.lastInsertedRowID
    }

    func goOn(withInput id: Int64, feeds: [String]) throws {
        try execute(
            "UPDATE usage_inputs SET feeds = ?, lease_until = ? WHERE id = ?",
            [Self.list(feeds), leases.identity.bootMilliseconds() + InputReader.lease, id]
        )
    }

    func leaveInput(_ id: Int64, unfinishedLine: Int, _ mark: InputMark?) throws {
        try execute(
            "UPDATE usage_inputs SET unfinished_line = ?, size = ?, digest = ? WHERE id = ?",
            [unfinishedLine, mark?.size, mark.map { Blob($0.digest) }, id]
        )
    }

    func endInput(_ id: Int64) throws { try execute("DELETE FROM usage_inputs WHERE id = ?", [id]) }

    private static func list(_ feeds: [String]) -> String {
        var writer = JSONWriter()
        writer.beginArray()
        for feed in feeds { writer.string(feed) }
        writer.endArray()
        return writer.text
    }
}

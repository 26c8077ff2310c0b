/// Grants that end by themselves, counted by partition: as ``Planner/ownEnd(of:family:context:)`` sees them, by index.
enum OwnEndSQL {
    /// What the partial index of access tokens' ends asks for: nothing else carries the grant.
    private static let isTokenAlone = "tokens = 1 AND claims_refresh_token = 0 AND provider_grant_id IS NULL"

    /// Those of live grants after ?1 and not after ?2.
    static let near = """
        SELECT s.of_provider, s.of_tenant, count(*) FROM (
            SELECT row FROM grants WHERE expires_at > ?1 AND expires_at <= ?2 AND expires_at >= issued_at
            UNION
            SELECT row FROM grants WHERE \(isTokenAlone) AND access_token_expires_at > ?1
            AND access_token_expires_at <= ?2 AND access_token_expires_at >= issued_at
        ) e CROSS JOIN states s ON s.row = e.row WHERE s.standing <= 2 GROUP BY 1, 2
        """

    /// Those of live grants that are due at ?1, where the row itself holds nothing later; ends before ?2 count as absent.
    static let ripe = """
        SELECT s.of_provider, s.of_tenant, count(*) FROM states s CROSS JOIN grants g ON g.row = s.row
        WHERE s.due_at <= ?1 AND s.standing <= 2
        AND (\(isOver("g.expires_at")) OR (\(isTokenAlone) AND \(isOver("g.access_token_expires_at"))))
        GROUP BY 1, 2
        """

    private static func isOver(_ end: String) -> String {
        """
        (\(end) <= ?1 AND \(end) >= g.issued_at AND \(end) >= ?2 AND coalesce(s.last_used_at, 0) <= \(end)
        AND coalesce(CASE s.verdict WHEN 1 THEN s.verdict_at ELSE s.active_at END, 0) <= \(end)
        AND (g.tokens = 0 OR coalesce(s.inactive_answer_at, 0) > \(end)))
        """
    }
}

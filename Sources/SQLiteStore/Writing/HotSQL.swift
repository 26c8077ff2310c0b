/// The statements that a run makes once for each grant; parameters are bound in the order of the text.
enum HotSQL {
    static let save = """
        UPDATE states SET standing = ?, due_at = ?, ask_at = ?, last_used_at = ?, kept_by = ?, waits = ?, cause = ?,
        announced_at = ?, clock_from = ?, verdict = ?, verdict_at = ?, inactive_since = ?, inactive_count = ?,
        first_counted_at = ?, last_counted_at = ?, failures = ?, proof = ?, residual_until = ?, ended_at = ?,
        active_at = ?, inactive_answer_at = ?, unknown_why = ?, unknown_since = ?, contradicted_end = ?,
        resurfaced_at = ?, settled_at = ?, first_seen_at = ?, told_scopes = ?, told_scopes_kind = ?,
        is_plain = ?
        WHERE row = ? AND standing = ? AND (ask_at IS NOT NULL) = ?
        """

    /// What a decision changes, and no index besides.
    static let decide = """
        UPDATE states SET standing = ?, due_at = ?, ask_at = ?, kept_by = ?, waits = ?, cause = ?, announced_at = ?,
        clock_from = ?, proof = ?, ended_at = ? WHERE row = ? AND standing = ? AND (ask_at IS NOT NULL) = ?
        """

    /// The commonest of all verdicts; seven of the indexes do not hear of it.
    ///
    /// The conditions are all that the verdict and the next question rest on: what the grant's own verdicts,
    /// decisions and records may have changed since it was read.
    static let keepActive = """
        UPDATE states SET ask_at = ?2, verdict_at = ?3, failures = 0
        WHERE row = ?1 AND standing = ?4 AND ask_at IS NOT NULL AND verdict = 1 AND verdict_at = ?5 AND failures = ?6
        AND inactive_since IS NULL AND inactive_count = 0 AND first_counted_at IS NULL AND last_counted_at IS NULL
        AND unknown_since IS NULL AND EXISTS (
            SELECT 1 FROM grants WHERE row = ?1 AND recorded_at = ?7 AND tokens = ?8 AND access_token_expires_at IS ?9
            AND tenant = ?10 AND client = ?11 AND role IS ?12 AND environment IS ?13)
        """

    /// Moves the deadline of a grant whose reason for being kept has not changed; updates only the index of deadlines.
    static let postponeAgain = """
        UPDATE states SET due_at = ?1
        WHERE row = ?4 AND standing <= 2 AND due_at IS ?5 AND waits = ?2 AND kept_by IS ?3
        """

    static let postpone =
        "UPDATE states SET due_at = ?, waits = ?, kept_by = ? WHERE row = ? AND standing <= 2 AND due_at IS ?"

    static let append = "INSERT INTO journal (seq, row, subject, body, hash) VALUES (?, ?, ?, ?, ?)"

    static let order = """
        INSERT INTO revocations (row, of_provider, of_tenant, next_try_at, tries, target, rule, run, first_tried_at,
        reason, reference, last_failure, actor, progress, accepted_at, while_frozen, while_held)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
        ON CONFLICT DO UPDATE SET next_try_at = ?4, tries = ?5, target = ?6, rule = ?7, run = ?8, first_tried_at = ?9,
        reason = ?10, reference = ?11, last_failure = ?12, actor = ?13, progress = ?14, accepted_at = ?15,
        while_frozen = ?16, while_held = ?17
        """
}

internal import GRDB
internal import Grants

extension SQLiteTransaction {
    func setSetting(_ name: String, _ value: String?) throws {
        guard let value else {
            return try execute("DELETE FROM settings WHERE name = ?", [name])
        }
        try execute(
            "INSERT INTO settings (name, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = ?2",
            [name, value]
        )
    }

    // MARK: Many grants at once

    func makeDue(in selection: GrantSelection, onlyWaiting: Bool, at now: Timestamp) throws {
        try updateStates(
            "due_at = ?",
            [now.milliseconds],
            in: selection,
            condition: onlyWaiting ? "s.waits = 1" : "s.standing <= 2"
        )
    }

    func restartClocks(in selection: GrantSelection, at now: Timestamp) throws {
        try updateStates(
            """
            clock_from = CASE WHEN clock_from IS NULL THEN NULL ELSE ?1 END, inactive_since = NULL, inactive_count = 0,
            first_counted_at = NULL, last_counted_at = NULL, due_at = ?1
            """,
            [now.milliseconds],
            in: selection,
            condition: "s.standing <= 2",
            numbered: true
        )
        for provider in try providers(in: selection) {
            guard let filter = try Filter(.all, selection, provider: provider, words) else { continue }
            try execute(
                "DELETE FROM pending_verdicts WHERE row IN (SELECT g.row FROM grants g WHERE \(filter.condition))",
                filter.arguments
            )
        }
    }

    func forgetInactivity(at provider: ProviderID) throws {
        try updateStates(
            "inactive_since = NULL, inactive_count = 0, first_counted_at = NULL, last_counted_at = NULL",
            [],
            in: GrantSelection(provider: provider),
            condition: "s.inactive_since IS NOT NULL"
        )
        try execute("DELETE FROM pending_verdicts WHERE provider = ?", [provider.rawValue])
    }

    private func updateStates(
        _ change: String,
        _ arguments: StatementArguments,
        in selection: GrantSelection,
        condition: String,
        numbered: Bool = false
    ) throws {
        for provider in try providers(in: selection) {
            guard let filter = try Filter(.all, selection, provider: provider, words) else { continue }
            try execute(
                """
                UPDATE states SET \(change) WHERE row IN
                (SELECT s.row FROM states s JOIN grants g ON g.row = s.row WHERE \(condition) AND \(filter.condition))
                """,
                arguments + filter.arguments
            )
        }
    }

    func makeDue(family: Int64, at now: Timestamp) throws {
        try execute(
            """
            UPDATE states SET due_at = ? WHERE standing IN (1, 2) AND row IN (SELECT row FROM grants WHERE family = ?)
            """,
            [now.milliseconds, family]
        )
    }

    func hastenQuestions(every: Duration, at now: Timestamp) throws {
        try execute(
            """
            UPDATE states SET ask_at = max(?1, verdict_at + ?2)
            WHERE ask_at > max(?1, verdict_at + ?2) AND verdict_at IS NOT NULL
            """,
            [now.milliseconds, every.milliseconds]
        )
    }

    func startClock(of key: Grant.Key, standing: Standing, announcedAt: Timestamp, at now: Timestamp) throws {
        // An older announcement's acknowledgement, late, says nothing of the present one.
        guard let stored = try grant(key), stored.grant.standing == standing, stored.grant.clockFrom == nil,
            let present = stored.grant.announcedAt, announcedAt >= present
        else { return }
        try execute(
            "UPDATE states SET clock_from = ?1, due_at = ?1 WHERE row = ?2 AND clock_from IS NULL",
            [now.milliseconds, stored.row]
        )
    }

    func setExemption(_ exemption: Exemption?, row: Int64) throws {
        guard let exemption else {
            return try execute("DELETE FROM exemptions WHERE row = ?", [row])
        }
        try execute(
            """
            INSERT INTO exemptions (row, owner, reason, until) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT DO UPDATE SET owner = ?2, reason = ?3, until = ?4
            """,
            [row, exemption.owner, exemption.reason, exemption.until.milliseconds]
        )
    }

    // MARK: Gates

    func setFreeze(_ freeze: Freeze) throws {
        _ = try removeFreeze(freeze.selection)
        try execute(
            "INSERT INTO freezes (tenant, provider, client, reason, since) VALUES (?, ?, ?, ?, ?)",
            names(freeze.selection) + [freeze.reason, freeze.since.milliseconds]
        )
    }

    func removeFreeze(_ selection: GrantSelection) throws -> Bool {
        try execute("DELETE FROM freezes WHERE tenant IS ? AND provider IS ? AND client IS ?", names(selection))
        return db.changesCount > 0
    }

    private func names(_ selection: GrantSelection) -> StatementArguments {
        [selection.tenant?.rawValue, selection.provider?.rawValue, selection.client?.rawValue]
    }

    func setHold(_ hold: ProviderHold?, of provider: ProviderID) throws {
        guard let hold else {
            return try execute("DELETE FROM holds WHERE provider = ?", [provider.rawValue])
        }
        try execute(
            """
            INSERT INTO holds (provider, why, since, hash) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT DO UPDATE SET why = ?2, since = ?3, hash = ?4
            """,
            [provider.rawValue, hold.why, hold.since.milliseconds, hold.hash]
        )
    }

    func setPendingVerdicts(_ verdicts: [PendingVerdict], of provider: ProviderID) throws {
        for verdict in verdicts {
            try execute(
                """
                INSERT INTO pending_verdicts (row, provider, at, run) VALUES (?1, ?2, ?3, ?4)
                ON CONFLICT DO UPDATE SET at = ?3, run = ?4
                """,
                [verdict.row, provider.rawValue, verdict.at.milliseconds, verdict.run]
            )
        }
    }

    func removePendingVerdict(row: Int64) throws {
        try execute("DELETE FROM pending_verdicts WHERE row = ?", [row])
    }

    // MARK: Runs

    func setHeldPlans(_ plans: [HeldPlan]) throws {
        try execute("DELETE FROM held_plans", [])
        for plan in plans {
            try execute(
                """
                INSERT OR REPLACE INTO held_plans (hash, tenant, provider, would_end, live, why, policy_hash, held_at,
                only_tenant, only_provider, only_client) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    plan.hash, plan.tenant?.rawValue, plan.provider?.rawValue, plan.wouldEnd, plan.live, plan.why,
                    plan.policyHash, plan.heldAt.milliseconds,
                ] + names(plan.selection)
            )
        }
    }

    func beginRun(job: String, actor: Actor, at: Timestamp) throws -> Int64 {
        try execute(
            "INSERT INTO runs (job, actor, started_at) VALUES (?, ?, ?)",
            [job, Blob(actor.json), at.milliseconds]
        )
        return db.lastInsertedRowID
    }

    func endRun(_ run: Int64, outcome: String, summary: [UInt8], at: Timestamp) throws {
        try execute(
            "UPDATE runs SET ended_at = ?, outcome = ?, summary = ? WHERE id = ?",
            [at.milliseconds, outcome, Blob(summary), run]
        )
    }

    func setRevocation(_ order: RevocationOrder, of grant: Grant) throws {
        let place = try places.place(of: grant, in: words)
        let actor = encoded(order.actor)
        try ordering.on(db).run { values in
            values.add(order.row)
            values.add(place.provider)
            values.add(place.tenant)
            values.add(order.nextTryAt?.milliseconds)
            values.add(order.tries)
            values.add(order.target.code)
            values.add(order.rule.code)
            values.add(order.run)
            values.add(order.firstTriedAt?.milliseconds)
            values.add(order.reason)
            values.add(order.reference)
            values.add(order.lastFailure)
            values.add(actor)
            values.add(order.progress.bits)
            values.add(order.progress.acceptedAt?.milliseconds)
            values.add(order.whileFrozen ? 1 : 0)
            values.add(order.whileHeld ? 1 : 0)
        }
    }

    func removeRevocation(row: Int64) throws {
        try execute("DELETE FROM revocations WHERE row = ?", [row])
    }

    func setMayLiveOn(_ mayLiveOn: Bool, row: Int64) throws {
        try execute(
            mayLiveOn
                ? "INSERT OR IGNORE INTO living_on (row) VALUES (?)" : "DELETE FROM living_on WHERE row = ?",
            [row]
        )
    }

    func setSinkCursor(_ cursor: SinkCursor) throws {
        try execute(
            """
            INSERT INTO sinks (id, seq, failures, last_error) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT DO UPDATE SET seq = ?2, failures = ?3, last_error = ?4
            """,
            [cursor.id, cursor.seq, cursor.failures, cursor.lastError]
        )
    }
}

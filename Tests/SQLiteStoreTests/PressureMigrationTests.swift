import GRDB
import Grants
import GrantsTestSupport
import SQLiteStore
import Testing

/// A store of before the queues were kept by tenant.
@Suite struct PressureMigrationTests {
    @Test func `questions and orders of an older store are found by tenant, and its orders by hand heed a freeze`()
        async throws
    {
        let folder = TemporaryFolder()
        let path = folder.file("grants.sqlite")
        let now = Timestamp(milliseconds: 1_790_000_000_000)
        let keyring = try Keyring(parsing: Secret(String(repeating: "A", count: 43) + "="))
        let store = try await SQLiteGrantStore.open(path: path, keyring: keyring) { "id" }
        try await store.write { writing in
            for tenant in ["acme", "globex"] as [TenantID] {
                var grant = Grant(
                    key: .init(provider: "idp", id: "g-\(tenant)"),
                    tenant: tenant,
                    client: "portal",
                    scopes: ScopeSet(["a"]),
                    issuedAt: now
                )
                grant.holdsAccessToken = true
                var stored = try writing.insert(grant, tokens: [.accessToken: Secret("t-\(tenant)")], at: now)
                guard tenant == "globex" else { continue }
                stored.grant.standing = .revoking
                try writing.save(stored)
                var order = RevocationOrder(
                    row: stored.row,
                    target: .revoked,
                    rule: .byHand,
                    reason: "left",
                    actor: Actor(kind: .schedule)
                )
                order.nextTryAt = now
                try writing.setRevocation(order, of: stored.grant)
            }
        }
        await store.close()
        try Self.downgrade(path)
        let opened = try await SQLiteGrantStore.open(path: path, keyring: keyring) { "id" }
        let found = try await opened.read { reading in
            let all = GrantSelection()
            func query(_ tenant: TenantID, _ isUrgent: Bool) -> QueueQuery {
                QueueQuery(provider: "idp", tenant: tenant, client: nil, isUrgent: isUrgent, dueBy: now)
            }
            return (
                try reading.tenantsToAsk(at: "idp", in: all),
                try reading.questions(query("acme", false), limit: 10).map(\.grant.key.id),
                try reading.tenantsToRevoke(at: "idp", in: all),
                try reading.orders(query("globex", true), newUntil: now, frozen: [], limit: 10).count,
                try reading.orders(query("globex", false), newUntil: now, frozen: [], limit: 10).count,
                try reading.questionCounts(in: all, dueBy: now),
                // It was ordered before orders could go on while frozen.
                try reading.orders(query("globex", true), newUntil: now, frozen: [all], limit: 10).count
            )
        }
        #expect(found.0 == ["acme"] && found.1 == ["g-acme"] && found.2 == ["globex"])
        #expect(found.3 == 1 && found.4 == 0 && found.6 == 0)
        let counts = QuestionCounts(askable: 1, due: 1)
        #expect(found.5 == [Partition(provider: "idp", tenant: "acme"): counts])
        await opened.close()
    }

    private static func downgrade(_ path: String) throws {
        let queue = try DatabaseQueue(path: path)
        try queue.inDatabase { db in
            for statement in [
                "DELETE FROM grdb_migrations WHERE identifier IN ('4-pressure', '5-orders', '6-asked', '9-proof', '9-health')",
                "DROP INDEX states_unjudged", "DROP INDEX states_cannot_revoke", "DROP INDEX states_unknown",
                "DROP TABLE canary_states", "ALTER TABLE locks DROP COLUMN run",
                "CREATE INDEX states_unjudged ON states (row) WHERE kept_by = 9",
                "CREATE INDEX states_unknown ON states (unknown_since) WHERE unknown_since IS NOT NULL",
                "DROP TRIGGER freezes_insert", "DROP TRIGGER freezes_delete", "DROP TRIGGER freezes_update",
                "DROP TRIGGER holds_insert", "DROP TRIGGER holds_delete", "DROP TRIGGER holds_update",
                "DROP TABLE gate_changes", "DROP TABLE living_on",
                "DROP TABLE asked",
                "DROP INDEX revocations_tried",
                "DROP TRIGGER states_follow_tenant",
                "DROP INDEX states_to_ask", "DROP INDEX states_to_confirm",
                "DROP INDEX revocations_due", "DROP INDEX revocations_by_hand", "DROP INDEX runs_of_job",
                "ALTER TABLE states DROP COLUMN of_provider", "ALTER TABLE states DROP COLUMN of_tenant",
                "ALTER TABLE revocations DROP COLUMN of_provider", "ALTER TABLE revocations DROP COLUMN of_tenant",
                "CREATE INDEX states_to_ask ON states (ask_at) WHERE ask_at IS NOT NULL",
                "CREATE INDEX revocations_due ON revocations (next_try_at) WHERE next_try_at IS NOT NULL",
            ] {
                try db.execute(sql: statement)
            }
        }
        try queue.close()
    }
}

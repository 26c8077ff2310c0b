import GRDB
import Glibc
import Grants
import GrantsTestSupport
import Testing

@testable import SQLiteStore

/// What tells whether all that should happen can happen.
@Suite("What stands still")
struct HealthTests {
    @Test func `what cannot be ended or judged, and what is not known, is counted by whose it is`() async throws {
        let house = StoreHouse()
        let store = try await house.open()
        for (id, rule) in [("1", Rule.cannotRevoke), ("2", .cannotRevoke), ("3", .noEvidence), ("4", .keep)] {
            let row = try await store.add(grant(id))
            try await store.write { writing in
                guard var stored = try writing.grant(row: row) else { return }
                stored.keptBy = rule
                if id == "4" { stored.grant.validity.record(.unknown(.tooLarge), at: start) }
                try writing.save(stored)
            }
        }
        let found = try await store.read { try $0.standstill(unknownSince: start) }
        let one = grant("1")
        let holder = Standstill.Holder(provider: one.key.provider, tenant: one.tenant, client: one.client)
        #expect(found.unrevocable == [holder: 2])
        #expect(found.unjudged == [holder: 1])
        #expect(found.unknown.map(\.why) == [.tooLarge])
        #expect(found.unknown.map(\.count) == [1] && found.unknown.map(\.since) == [start])
        let before = try await store.read { try $0.standstill(unknownSince: start - .seconds(1)) }
        #expect(before.unknown.isEmpty)
        await store.close()
    }

    @Test func `none of it walks through the grants`() async throws {
        let house = StoreHouse()
        let store = try await house.open()
        await store.close()
        let queries = SQLiteSnapshot.standstillQueries
        let plans = try house.raw { db in
            try Mirror(reflecting: queries).children.compactMap { $0.value as? String }.flatMap { sql in
                try Row.fetchAll(
                    db,
                    sql: "EXPLAIN QUERY PLAN \(sql)",
                    arguments: StatementArguments(Array(repeating: 1, count: sql.count { $0 == "?" }))
                ).map { $0["detail"] as String }
            }
        }
        #expect(plans.count >= 8)
        for step in plans where step.contains("states") {
            #expect(step.contains("of_provider=? AND of_tenant=?") || step.contains("states_resurfaced"), "\(step)")
        }
        for step in plans where step.contains(" g ") { #expect(step.contains("INTEGER PRIMARY KEY"), "\(step)") }
    }

    @Test func `how canaries fared is kept by provider and kind`() async throws {
        let house = StoreHouse()
        let store = try await house.open()
        var state = CanaryState()
        state.note("it was not active", at: start)
        state.note("it was not active either", at: start + .hours(1))
        #expect(state.failingSince == start && state.why == "it was not active either")
        let failing = state
        try await store.write { try $0.setCanaryState(failing, of: .refreshToken, at: "idp") }
        #expect(try await store.read { try $0.canaryStates(at: "idp") } == [.refreshToken: failing])
        state.note(nil, at: start + .hours(2))
        #expect(state == CanaryState(soundAt: start + .hours(2)))
        #expect(try await store.read { try $0.canaryStates(at: "other") } == [:])
        await store.close()
    }

    @Test func `whether a tenant or a client is known is answered without its grants`() async throws {
        let house = StoreHouse()
        let store = try await house.open()
        let one = grant("1")
        _ = try await store.add(one)
        let known = try await store.read { (try $0.knows(one.tenant), try $0.knows(one.client)) }
        #expect(known.0 && known.1)
        let other = try await store.read { (try $0.knows(TenantID("nowhere")), try $0.knows(ClientID("nothing"))) }
        #expect(!other.0 && !other.1)
        await store.close()
    }

    @Test func `a lock says which run its holder works on, and forgets it with the next holder`() async throws {
        let house = StoreHouse()
        let store = try await house.open()
        let lock = try await store.lock("expire", owner: person, at: start)
        try await store.write { try $0.assign(lock, to: 7) }
        #expect(try await store.read { try $0.overview(at: start).locks.map(\.run) } == [7])
        try await store.unlock(lock)
        _ = try await store.lock("expire", owner: person, at: start)
        #expect(try await store.read { try $0.overview(at: start).locks.map(\.run) } == [nil])
        await store.close()
    }
}

/// The file of the store before it is opened.
@Suite("The store's file")
struct StoreFileTests {
    @Test func `a store with a second name is refused, to read and to write, and opened again without it`() async throws
    {
        let folder = TemporaryFolder()
        let path = folder.file("grants.sqlite")
        await (try await SQLiteGrantStore.open(path: path, keyring: nil) { "id" }).close()
        try #require(link(path, folder.file("other.sqlite")) == 0)
        let written = await #expect(throws: StoreError.self) {
            _ = try await SQLiteGrantStore.open(path: path, keyring: nil) { "id" }
        }
        let read = await #expect(throws: StoreError.self) {
            _ = try await SQLiteGrantStore.openReadOnly(path: path, keyring: nil)
        }
        #expect(written?.code == .notOurs && read?.code == .notOurs)
        #expect(written?.message.contains("hard link") == true)
        unlink(folder.file("other.sqlite"))
        await (try await SQLiteGrantStore.openReadOnly(path: path, keyring: nil)).close()
    }

    @Test func `one failed read of the header is tried again`() throws {
        var looks: [HeaderReading] = [.failed("Input/output error"), .number(7)]
        #expect(try HeaderReading.number(path: "/store") { looks.removeFirst() } == 7)
        #expect(looks.isEmpty)
    }

    @Test func `two failed reads of the header are an error, and no number that a guard could take for an older file`()
    {
        var tries = 0
        let error = #expect(throws: StoreError.self) {
            try HeaderReading.number(path: "/store") {
                tries += 1
                return .failed("Input/output error")
            }
        }
        #expect(tries == 2)
        #expect(error?.message.contains("'/store' cannot be read: Input/output error") == true)
    }

    @Test func `a file that is not there has no number`() throws {
        #expect(try SQLiteGrantStore.checkpointNumber(path: TemporaryFolder().file("none")) == nil)
    }
}

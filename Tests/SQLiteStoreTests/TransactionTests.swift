import GRDB
import Grants
import GrantsTestSupport
import SQLiteStore
import Testing

/// State and journal: both or neither, and never a change that the lifecycle does not know.
@Suite struct TransactionTests {
    private struct Interrupted: Error {}

    @Test func `a state change and its journal entry exist together or not at all`() async throws {
        let house = StoreHouse()
        let store = try await house.open()
        let row = try await store.add(grant("g-1"))
        await #expect(throws: Interrupted.self) {
            try await store.write { writing in
                guard var stored = try writing.grant(row: row) else { return }
                stored.grant.standing = .noticed
                try writing.save(stored)
                try writing.append(Event("grant.noticed", at: start, about: stored.grant), about: stored)
                throw Interrupted()
            }
        }
        let (standing, head, counts) = try await store.read {
            (try $0.grant(row: row)?.grant.standing, try $0.journalHead().seq, try $0.counts(endsSince: start))
        }
        #expect(standing == .active && head == 1)
        #expect(counts[Partition(provider: "idp", tenant: "acme")]?.standings == [.active: 1])
        await store.close()
    }

    @Test(arguments: Standing.allCases)
    func `a change of standing that the lifecycle does not know is refused`(to: Standing) async throws {
        let house = StoreHouse()
        let store = try await house.open()
        for from in [Standing.active, .revoking, .revoked] {
            let row = try await store.add(grant("g-\(from.rawValue)"))
            if from != .active {
                try await store.write { writing in
                    guard var stored = try writing.grant(row: row) else { return }
                    stored.grant.standing = from
                    stored.endedAt = from == .revoked ? start : nil
                    try writing.save(stored)
                }
            }
            let error = await store.refusal { writing in
                guard var stored = try writing.grant(row: row) else { return }
                stored.grant.standing = to
                stored.endedAt = start
                try writing.save(stored)
            }
            let isKnown = from == to || Lifecycle.transitions.contains { $0.from == from && $0.to == to }
            #expect((error == nil) == isKnown, "\(from) to \(to)")
            if let error { #expect(error.code == .conflict) }
        }
        await store.close()
    }

    @Test func `a grant that was changed since it was read is not overwritten`() async throws {
        let house = StoreHouse()
        let store = try await house.open()
        let row = try await store.add(grant("g-1"))
        let read = try await store.read { try $0.grant(row: row) }
        try await store.write { writing in
            guard var stored = try writing.grant(row: row) else { return }
            stored.grant.standing = .revoking
            try writing.save(stored)
        }
        let error = await store.refusal { writing in
            guard var stale = read else { return }
            stale.grant.standing = .noticed
            try writing.save(stale)
        }
        #expect(error?.code == .conflict)
        await store.close()
    }

    @Test func `one more active answer is stored as a whole save would store it`() async throws {
        let house = StoreHouse()
        let store = try await house.open()
        let token = [TokenKind.accessToken: Secret("t-1")]
        let row = try await store.write { try $0.insert(grant("g-1"), tokens: token, at: start).row }
        for (day, saves) in [(1, "all"), (2, "verdict"), (3, "verdict"), (4, "all")] {
            let now = start + .days(Int64(day))
            let saved = try await store.write { writing in
                guard let known = try writing.grant(row: row) else { return nil as StoredGrant? }
                var stored = known
                stored.grant.validity.record(.active, at: now)
                stored.askAt = now + .hours(1)
                if saves == "all" {
                    try writing.save(stored)
                } else {
                    #expect(try writing.keepActive(known, at: now, askAt: now + .hours(1)))
                }
                return stored
            }
            let found = try await store.read { try $0.grant(row: row) }
            #expect(found?.grant == saved?.grant && found?.askAt == now + .hours(1) && found?.dueAt == saved?.dueAt)
        }
        await store.close()
    }

    @Test(arguments: Meanwhile.allCases)
    func `what came meanwhile is not passed over by one more active answer`(change: Meanwhile) async throws {
        let house = StoreHouse()
        let store = try await house.open()
        let tokens = [TokenKind.accessToken: Secret("t-1"), .refreshToken: Secret("r-1")]
        let row = try await store.write { writing in
            var stored = try writing.insert(grant("g-1"), tokens: tokens, at: start)
            stored.grant.validity.record(.active, at: start)
            stored.askAt = start + .days(1)
            try writing.save(stored)
            return stored.row
        }
        let read = try #require(try await store.read { try $0.grant(row: row) })
        try await store.write { try change.make(of: read, in: $0) }
        let before = try await store.read { try $0.grant(row: row) }
        let isKept = try await store.write { try $0.keepActive(read, at: start + .hours(2), askAt: start + .days(3)) }
        let after = try await store.read { try $0.grant(row: row) }
        #expect(isKept == (change == .nothing) && (before == after) != isKept)
        await store.close()
    }

    /// What somebody else does to a grant while its question is on the wire.
    enum Meanwhile: CaseIterable, Sendable {
        case nothing, inactive, active, failure, mayBeRotated, announcement, end, neverAsked
        case record, role, environment, tenant, endOfAccess, token

        func make(of read: StoredGrant, in writing: any StoreWriting) throws {
            var other = read
            switch self {
            case .nothing: return
            case .inactive: other.grant.validity.record(.inactive, at: start + .hours(1))
            case .active: other.grant.validity.record(.active, at: start + .hours(1))
            case .failure: other.grant.validity.record(.unknown(.timeout), at: start + .hours(1))
            case .mayBeRotated: other.grant.validity.inactiveSince = start
            case .announcement: other.grant.standing = .noticed
            case .end: other.grant.standing = .revoking
            case .neverAsked: other.askAt = nil
            // These come with no time of their own: a change in the same millisecond is one, too.
            case .record: other.recordedAt = start + .milliseconds(1)
            case .role: other.grant.role = "reader"
            case .environment: other.grant.environment = "test"
            case .tenant: other.grant.tenant = "other"
            case .endOfAccess: other.grant.accessTokenExpiresAt = start + .days(9)
            case .token: try writing.setTokens([.refreshToken: nil], of: read)
            }
            if other.grant.standing == .active, other.grant.validity == read.grant.validity, other.askAt != nil {
                if self != .token { try writing.saveRecord(other) }
            } else {
                try writing.save(other)
            }
        }
    }

    @Test func `the journal's rows cannot be changed by a statement`() async throws {
        let house = StoreHouse()
        let store = try await house.open()
        try await store.add(grant("g-1"))
        #expect(throws: DatabaseError.self) { try house.raw { try $0.execute(sql: "UPDATE journal SET row = 9") } }
        await store.close()
    }

    @Test func `what a cancelled task writes is committed all the same`() async throws {
        let house = StoreHouse()
        let store = try await house.open()
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            #expect(Task.isCancelled)
            try await store.add(grant("g-1"))
        }
        try await task.value
        let count = try await store.read { try $0.count(.all, in: GrantSelection()) }
        #expect(count == 1)
        await store.close()
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func `counters equal counted rows after any operations`(seed: UInt64) async throws {
        let house = StoreHouse()
        let store = try await house.open()
        let tenants: [TenantID] = ["acme", "globex", "initech"]
        for step in 0..<60 {
            let isUndone = step % 7 == 3
            _ = await storeError {
                try await store.write { writing in
                    var random = SplitMix64(seed: seed &* 1_000 &+ UInt64(step))
                    for number in 0..<Int.random(in: 1...5, using: &random) {
                        if Int.random(in: 0..<3, using: &random) == 0 {
                            let tenant = tenants.randomElement(using: &random) ?? "acme"
                            let new = grant("g-\(step)-\(number)", at: number == 0 ? "other" : "idp", tenant: tenant)
                            let isAsked = Bool.random(using: &random)
                            let tokens = isAsked ? [TokenKind.accessToken: Secret("t-\(step)-\(number)")] : [:]
                            _ = try writing.insert(new, tokens: tokens, at: start)
                        } else {
                            try Self.move(writing, &random)
                        }
                        if Bool.random(using: &random) { _ = try writing.counts(endsSince: start) }
                    }
                    if isUndone { throw StoreError(.other, "undone") }
                }
            }
            let counts = try await store.read { try $0.counts(endsSince: start) }.mapValues(\.standings)
            let questions = try await store.read { try $0.questionCounts(in: GrantSelection(), dueBy: start) }
            let (counted, asked) = try await store.read { reading in
                var counted: [Partition: [Standing: Int]] = [:]
                var asked: [Partition: Int] = [:]
                try reading.forEach(.all, in: GrantSelection()) { stored in
                    counted[Partition(of: stored.grant), default: [:]][stored.grant.standing, default: 0] += 1
                    if stored.askAt != nil { asked[Partition(of: stored.grant), default: 0] += 1 }
                }
                return (counted, asked)
            }
            #expect(counts == counted, "seed \(seed), step \(step)")
            #expect(questions == asked.mapValues { QuestionCounts(askable: $0, due: $0) }, "seed \(seed), step \(step)")
        }
        let rows = try house.raw { db in
            try Bool.fetchOne(
                db,
                sql: """
                    SELECT NOT EXISTS (
                        SELECT provider, tenant, standing, n FROM counts WHERE n > 0 EXCEPT
                        SELECT provider, tenant, standing, count(*) FROM grants JOIN states USING (row) GROUP BY 1, 2, 3)
                    """
            )
        }
        #expect(rows == true, "seed \(seed)")
        await store.close()
    }

    /// One grant to a standing that may follow its own.
    private static func move(_ writing: any StoreWriting, _ random: inout SplitMix64) throws {
        let page = try writing.page(.all, in: GrantSelection(), after: nil, limit: 1_000)
        guard var stored = page.randomElement(using: &random) else { return }
        let next = Lifecycle.transitions.filter { $0.from == stored.grant.standing }.map(\.to)
            .sorted { $0.rawValue < $1.rawValue }
        guard let to = next.randomElement(using: &random) else { return }
        stored.grant.standing = to
        stored.endedAt = start
        stored.askAt = Bool.random(using: &random) ? start : nil
        if Bool.random(using: &random) { try writing.save(stored) } else { try writing.saveDecision(stored) }
    }
}

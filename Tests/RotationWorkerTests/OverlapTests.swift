import Dispatch
import Grants
import SQLiteStore
import Synchronization
import Testing

@testable import RotationWorker

/// A batch on the wire while the one before it is stored and the next is read.
@Suite(.timeLimit(.minutes(15))) struct OverlapTests {
    private static func grants(_ range: Range<Int>) -> [Grant] {
        range.map { idleGrant("g-\(10_000 + $0)", idle: 1) }
    }

    private static func active(_ store: SQLiteGrantStore) async throws -> Int {
        try await store.read { reading in
            try reading.page(.live, in: GrantSelection(provider: "idp"), after: nil, limit: 10_000)
                .filter { $0.grant.validity.lastVerdict == .active }.count
        }
    }

    @Test func `the next batch is asked while the store still works, and all of it is stored in the end`() async throws
    {
        let rig = try await Rig()
        try await rig.add(Self.grants(0..<1_300))
        let (store, gate) = (rig.store, DispatchSemaphore(value: 0))
        let questions = Mutex(0)
        rig.provider.meanwhile { token in
            guard token != ScriptedProvider.madeUp, token != ScriptedProvider.canary else { return }
            let count = questions.withLock { count in
                count += 1
                return count
            }
            switch count {
            // From here to the second batch nothing can be written.
            case 1: Task { try await store.write { _ in gate.wait() } }
            case 501: gate.signal()
            default: break
            }
        }
        let environment = rig.environment
        let report = try await RevalidationJob(environment, scope: .all(GrantSelection()), run: 1, lock: nil) {
            ScriptedProvider.madeUp
        }.perform()
        #expect(report.active == 1_300 && report.asked == 1_300)
        #expect(try await Self.active(rig.store) == 1_300)
        #expect(Set(rig.provider.questions).count == 1_302)
    }

    @Test func `what was answered before an interruption is stored, of both batches`() async throws {
        let rig = try await Rig()
        try await rig.add(Self.grants(0..<900))
        let (gate, opener) = AsyncStream.makeStream(of: Void.self)
        let (arrivals, arrival) = AsyncStream.makeStream(of: Void.self)
        let questions = Mutex(0)
        rig.provider.meanwhile { token in
            guard token != ScriptedProvider.madeUp, token != ScriptedProvider.canary else { return }
            let count = questions.withLock { count in
                count += 1
                return count
            }
            guard count > 600 else { return }
            arrival.yield()
            for await _ in gate {}
        }
        rig.provider.answer { _ in Task.isCancelled ? .unknown(.network) : nil }
        let environment = rig.environment
        let running = Task {
            try await RevalidationJob(environment, scope: .all(GrantSelection()), run: 1, lock: nil) {
                ScriptedProvider.madeUp
            }.perform()
        }
        for await _ in arrivals { break }
        running.cancel()
        await #expect(throws: CancellationError.self) { _ = try await running.value }
        opener.finish()
        let stored = try await Self.active(rig.store)
        #expect((500...900).contains(stored) && stored >= 600 - rig.provider.settings.limits.inFlight)
        // The next run has only to ask the others, and no verdict counts twice.
        rig.provider.meanwhile { _ in }
        rig.provider.answer { _ in nil }
        let next = try await rig.revalidate(.due(GrantSelection()))
        #expect(next.active == 900 - stored)
        #expect(try await Self.active(rig.store) == 900)
    }

    @Test func `a batch with any other answer is stored, and all before it, before the one after it is judged`()
        async throws
    {
        let rig = try await Rig()
        try await rig.add(Self.grants(0..<2_700))
        rig.provider.forget("g-10600")
        let found = Mutex<(active: Int, pending: Int)?>(nil)
        rig.provider.meanwhile { [store = rig.store] token in
            // The fourth batch: the third has been judged.
            guard token == Secret("rt-g-12000"), found.withLock({ $0 == nil }) else { return }
            let pending = try? await store.read { try $0.pendingVerdicts(of: "idp").count }
            let active = try? await Self.active(store)
            found.withLock { $0 = (active ?? 0, pending ?? 0) }
        }
        let report = try await rig.revalidate()
        #expect(report.active == 2_699 && report.inactive == 1)
        let seen = try #require(found.withLock { $0 })
        // The first two batches, which are smaller where answers come slowly.
        #expect(seen.active >= 999 && seen.pending == 1)
        #expect(try await Self.active(rig.store) == 2_699)
    }

    @Test func `a stop that is asked for ends it after the batch in hand, which is stored`() async throws {
        let rig = try await Rig()
        try await rig.add(Self.grants(0..<1_300))
        var environment = rig.environment
        let stop = StopRequest()
        environment.stop = stop
        let questions = Mutex(0)
        rig.provider.meanwhile { _ in
            if questions.withLock({ count in
                count += 1
                return count == 600
            }) {
                stop.request()
            }
        }
        let job = RevalidationJob(environment, scope: .all(GrantSelection()), run: 1, lock: nil) {
            ScriptedProvider.madeUp
        }
        await #expect(throws: CancellationError.self) { _ = try await job.perform() }
        #expect(try await Self.active(rig.store) == 1_000)
    }

    @Test func `an inactive about an access token that expires while its batch waits counts for nothing`() async throws
    {
        let rig = try await Rig()
        try await rig.add(Self.grants(0..<500))
        var short = idleGrant("z-1", idle: 1) {
            $0.accessTokenExpiresAt = start + .minutes(1)
        }
        short.key = .init(provider: "idp", id: "z-1")
        try await rig.add(short, tokens: [.accessToken: Secret("at-z-1")])
        rig.provider.use(
            TokenKind.allCases.map { CanaryToken(kind: $0, isOwnClient: false, token: ScriptedProvider.canary) }
        )
        rig.provider.answer { $0 == Secret("at-z-1") ? .inactive : nil }
        let hasPassed = Mutex(false)
        rig.provider.meanwhile { [clock = rig.clock] token in
            guard token == Secret("rt-g-10100") else { return }
            let isFirst = hasPassed.withLock { passed in
                defer { passed = true }
                return !passed
            }
            if isFirst { clock.advance(by: .minutes(2)) }
        }
        let report = try await rig.revalidate()
        #expect(report.active == 500 && report.inactive == 0 && report.unknown == [.pastItsEnd: 1])
    }

    @Test func `batches grow where answers come fast, and shrink again where they do not`() {
        var size = BatchSize()
        var counts: [Int] = []
        let asked = [(500, 100), (700, 100), (700, 3_000), (500, 9_000), (200, 10), (500, 800), (500, 10)]
        for (count, milliseconds) in asked {
            size.follow(count, in: .milliseconds(milliseconds))
            counts.append(size.count)
        }
        #expect(counts == [700, 700, 500, 500, 500, 500, 700])
    }
}

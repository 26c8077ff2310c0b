import Grants
import RotationWorker
import SQLiteStore
import Testing

/// Providers that hang, refuse and fall silent, and the tenants of one that answers.
@Suite struct PressureTests {
    private static func other(_ rig: Rig, _ id: ProviderID = "zeta") -> ScriptedProvider {
        let other = ScriptedProvider(id: id)
        rig.otherProviders.append(other)
        rig.settings.providers.append(other.settings)
        return other
    }

    private static func grants(
        _ range: Range<Int>,
        at provider: ProviderID = "idp",
        of tenant: TenantID = "acme",
        _ prefix: String = "g"
    ) -> [Grant] {
        range.map { number in
            var grant = idleGrant("\(prefix)-\(10_000 + number)", idle: 1) { $0.tenant = tenant }
            grant.key = .init(provider: provider, id: grant.key.id)
            return grant
        }
    }

    private static func active(_ rig: Rig, at provider: ProviderID) async throws -> Int {
        try await rig.store.read { reading in
            try reading.page(.live, in: GrantSelection(provider: provider), after: nil, limit: 10_000)
                .filter { $0.grant.validity.lastVerdict == .active }.count
        }
    }

    private static func breaker(_ rig: Rig, of provider: ProviderID = "idp") async throws -> BreakerRecord? {
        try await rig.store.read { try $0.breakers()[provider] }
    }

    private static func isOfGrant(_ token: Secret) -> Bool {
        token != ScriptedProvider.madeUp && token != ScriptedProvider.canary
    }

    // MARK: Side by side

    @Test func `every verdict of a healthy provider is stored before a hanging one gives its first answer`()
        async throws
    {
        let rig = try await Rig()
        let healthy = Self.other(rig)
        try await rig.add(Self.grants(0..<3) + Self.grants(0..<1_100, at: "zeta"))
        let (gate, opener) = AsyncStream.makeStream(of: Void.self)
        rig.provider.meanwhile { _ in for await _ in gate {} }
        rig.provider.answer { _ in .unknown(.timeout) }
        let (steps, feed) = AsyncStream.makeStream(of: Int.self)
        rig.progress = { feed.yield($0.done) }
        let environment = rig.environment
        async let running = RevalidationJob(environment, scope: .due(GrantSelection()), run: 1, lock: nil) {
            ScriptedProvider.madeUp
        }.perform()
        for await done in steps where done == 1_100 { break }
        let stored = try await Self.active(rig, at: "zeta")
        #expect(stored == 1_100 && rig.provider.asked == 0 && healthy.asked > 1_100)
        opener.finish()
        let report = try await running
        #expect(report.active == 1_100 && report.unreachable.keys.sorted() == ["idp"])
    }

    @Test func `a lock that is lost at one provider ends the others too`() async throws {
        let rig = try await Rig()
        let hanging = Self.other(rig)
        try await rig.add(Self.grants(0..<1) + Self.grants(0..<1, at: "zeta"))
        let (gate, opener) = AsyncStream.makeStream(of: Void.self)
        let (arrivals, arrival) = AsyncStream.makeStream(of: Void.self)
        hanging.meanwhile { _ in
            arrival.yield()
            for await _ in gate {}
        }
        let (store, actor) = (rig.store, rig.environment.actor)
        let lock = try await store.lock(RevalidationJob.name, owner: actor, at: start)
        rig.provider.meanwhile { token in
            guard Self.isOfGrant(token) else { return }
            for await _ in arrivals { break }
            try? await store.unlock(lock)
        }
        let job = RevalidationJob(rig.environment, scope: .due(GrantSelection()), run: 1, lock: lock) {
            ScriptedProvider.madeUp
        }
        // Only because the hanging one is cancelled does this ever end.
        let error = await #expect(throws: StoreError.self) { _ = try await job.perform() }
        #expect(error?.code == .lockLost)
        opener.finish()
    }

    @Test func `an interruption ends all of them`() async throws {
        let rig = try await Rig()
        let other = Self.other(rig)
        try await rig.add(Self.grants(0..<3) + Self.grants(0..<3, at: "zeta"))
        let (gate, opener) = AsyncStream.makeStream(of: Void.self)
        let (arrivals, arrival) = AsyncStream.makeStream(of: Void.self)
        for provider in [rig.provider, other] {
            provider.meanwhile { _ in
                arrival.yield()
                for await _ in gate {}
            }
            provider.answer { _ in Task.isCancelled ? .unknown(.network) : nil }
        }
        let environment = rig.environment
        let running = Task {
            try await RevalidationJob(environment, scope: .due(GrantSelection()), run: 1, lock: nil) {
                ScriptedProvider.madeUp
            }.perform()
        }
        var arrived = 0
        for await _ in arrivals {
            arrived += 1
            if arrived == 2 { break }
        }
        running.cancel()
        await #expect(throws: CancellationError.self) { _ = try await running.value }
        let breakers = try await rig.store.read { try $0.breakers() }
        #expect(breakers.isEmpty)
        opener.finish()
    }

    // MARK: Breaker

    @Test func `a silent provider is left alone, then asked what is known, and then about grants`() async throws {
        let rig = try await Rig()
        try await rig.add(Self.grants(0..<3))
        let before = try await rig.grant("g-10000")
        rig.provider.answer { _ in .unknown(.network) }
        var waits: [Duration] = []
        for number in 1...8 {
            let report = try await rig.revalidate(.due(GrantSelection()))
            #expect(rig.provider.asked == number)
            let record = try #require(try await Self.breaker(rig))
            #expect(record.failures == number && record.lastError == "network")
            #expect(report.unreachable["idp"]?.contains("asked again at \(record.retryAt)") == true)
            waits.append(record.retryAt - rig.clock.now())
            rig.clock.set(record.retryAt - .milliseconds(1))
            let quiet = try await rig.revalidate(.due(GrantSelection()))
            #expect(rig.provider.asked == number && quiet.asked == 0)
            #expect(quiet.unreachable["idp"]?.contains("asked again at \(record.retryAt)") == true)
            rig.clock.set(record.retryAt)
        }
        #expect(Array(waits.prefix(6)) == waits.prefix(6).sorted() && (waits.max() ?? .zero) < .minutes(17))
        let untouched = try await rig.grant("g-10000")
        #expect(untouched == before)

        // Half open: what is known has to be answered before any grant is asked about.
        rig.provider.answer { $0 == ScriptedProvider.canary ? .unknown(.timeout) : nil }
        let half = try await rig.revalidate(.due(GrantSelection()))
        #expect(half.asked == 0 && !rig.provider.questions.contains(where: Self.isOfGrant))
        rig.clock.set(try #require(try await Self.breaker(rig)).retryAt)
        rig.provider.answer { _ in nil }
        let healed = try await rig.revalidate(.due(GrantSelection()))
        let gone = try await Self.breaker(rig)
        #expect(healed.active == 3 && healed.unreachable.isEmpty && gone == nil)
    }

    @Test func `a person's order asks a silent provider at once, and holds nothing more against it`() async throws {
        let rig = try await Rig()
        try await rig.add(Self.grants(0..<3))
        rig.provider.answer { _ in .unknown(.network) }
        _ = try await rig.revalidate(.due(GrantSelection()))
        let record = try await Self.breaker(rig)
        let key = Grant.Key(provider: "idp", id: "g-10000")
        _ = try await rig.revalidate(.grants([key]))
        let after = try await Self.breaker(rig)
        #expect(rig.provider.asked == 2 && after == record)
        rig.provider.answer { _ in nil }
        let report = try await rig.revalidate(.grants([key]))
        let healed = try await Self.breaker(rig)
        #expect(report.active == 1 && healed == nil)
    }

    @Test func `where nothing of a batch gets through, no grant is worse off`() async throws {
        let rig = try await Rig()
        try await rig.add(Self.grants(0..<40))
        let before = try await rig.grant("g-10003")
        // From the first question about a grant on.
        rig.provider.answer { [provider = rig.provider] _ in
            provider.questions.contains(where: Self.isOfGrant) ? .unknown(.timeout) : nil
        }
        let report = try await rig.revalidate(.due(GrantSelection()))
        let (after, record) = (try await rig.grant("g-10003"), try await Self.breaker(rig))
        #expect(after == before && record?.lastError == "timeout")
        #expect(report.unreachable["idp"] != nil)
        // It was given up long before everyone had waited.
        #expect(report.asked < 40 && report.unknown == [.timeout: report.asked])
    }

    @Test func `a server that wants quiet is left alone for as long as it said, across runs`() async throws {
        let rig = try await Rig()
        try await rig.add(Self.grants(0..<40))
        rig.provider.refuse { token in
            guard Self.isOfGrant(token) else { return nil }
            var answer = IntrospectionAnswer(
                .unknown(.rateLimited),
                retryAfter: .minutes(20),
                detail: "nothing was sent"
            )
            answer.wasSent = false
            return answer
        }
        let before = try await rig.grant("g-10003")
        let report = try await rig.revalidate(.due(GrantSelection()))
        let (after, record) = (try await rig.grant("g-10003"), try await Self.breaker(rig))
        #expect(report.asked == 0 && after == before)
        #expect(record?.retryAt == start + .minutes(20))
        let asked = rig.provider.asked
        rig.clock.advance(by: .minutes(19))
        _ = try await rig.revalidate(.due(GrantSelection()))
        #expect(rig.provider.asked == asked)
    }

    @Test func `revocations share the breaker, and wait without a try held against them`() async throws {
        let rig = try await Rig()
        try await rig.add([idleGrant("g-1")])
        try await rig.rotate()
        rig.provider.answer { _ in .unknown(.timeout) }
        let first = try await rig.revoke()
        let record = try #require(try await Self.breaker(rig))
        #expect(first.retrying == 1 && rig.provider.asked == 1)
        rig.clock.advance(by: .seconds(10))
        let stored = try #require(try await rig.grant("g-1"))
        try await rig.store.write { writing in
            guard var order = try writing.revocation(row: stored.row) else { return }
            order.nextTryAt = start
            try writing.setRevocation(order, of: stored.grant)
        }
        let quiet = try await rig.revoke()
        let tries = try await rig.store.read { try $0.revocation(row: stored.row)?.tries }
        #expect(rig.provider.asked == 1 && tries == 1 && quiet.unreachable["idp"] == record.words)
        rig.provider.answer { _ in nil }
        rig.clock.set(record.retryAt)
        let done = try await rig.revoke()
        let gone = try await Self.breaker(rig)
        #expect(done.proofs == [.proven: 1] && gone == nil)
    }

    // MARK: Tenants

    @Test func `a tenant with many due grants does not keep another's few waiting`() async throws {
        let rig = try await Rig()
        rig.provider.configure { $0.limits.inFlight = 1 }
        try await rig.add(Self.grants(0..<1_500))
        try await rig.add(Self.grants(0..<10, of: "globex", "h"))
        let budget = QuestionBudget(lastRun: start, now: start, cadence: .minutes(1))
        let report = try await rig.revalidate(.due(GrantSelection()), budget: budget)
        let few = rig.provider.questions.filter { $0.isOf("h-") }.count
        #expect(report.asked == 500 && few == 10)
    }

    @Test func `answers to confirm come first, beside the budget, and then the longest overdue`() async throws {
        let rig = try await Rig()
        rig.provider.configure { $0.limits.inFlight = 1 }
        try await rig.add(Self.grants(0..<1_200))
        try await rig.change("g-11100") { stored in
            stored.grant.validity.record(.inactive, at: start - .minutes(15))
            stored.askAt = start
        }
        for number in [11_150, 10_700] {
            try await rig.change("g-\(number)") { $0.askAt = start - .hours(Int64(number - 10_000)) }
        }
        let budget = QuestionBudget(lastRun: start, now: start, cadence: .minutes(1))
        let report = try await rig.revalidate(.due(GrantSelection()), budget: budget)
        let asked = rig.provider.questions.filter(Self.isOfGrant)
        #expect(report.asked == 501)
        #expect(asked.prefix(3) == [Secret("rt-g-11100"), Secret("rt-g-11150"), Secret("rt-g-10700")])
    }

    @Test func `a backlog that is never worked off starves nobody for ever`() async throws {
        let rig = try await Rig()
        try await rig.add(Self.grants(0..<2_000))
        let budget = QuestionBudget(lastRun: start, now: start, cadence: .zero)
        for _ in 1...4 {
            _ = try await rig.revalidate(.due(GrantSelection()), budget: budget)
            rig.clock.advance(by: .days(2))
        }
        let asked = try await Self.active(rig, at: "idp")
        #expect(asked == 2_000)
    }

    @Test func `a mass revocation holds up no other tenant's order, and a person's goes first`() async throws {
        let rig = try await Rig()
        rig.provider.configure { $0.limits.inFlight = 1 }
        rig.settings.policy.defaults.valve.sharePercent = 100
        rig.settings.policy.defaults.valve.max = 10_000
        rig.settings.policy.totalValve.sharePercent = 100
        rig.settings.policy.totalValve.max = 10_000
        try await rig.add((0..<350).map { idleGrant("g-\(10_000 + $0)") } + Self.grants(0..<400, "u"))
        try await rig.add([
            idleGrant("h-1") { $0.tenant = "globex" }, idleGrant("k-1", idle: 1) { $0.tenant = "zenith" },
        ])
        try await rig.rotate()
        rig.clock.advance(by: .minutes(1))
        try await rig.order("k-1")
        let report = try await rig.revoke()
        #expect(report.ended == [.expired: 351, .revoked: 1])
        let revoked = rig.provider.revoked
        #expect(revoked.first == Secret("rt-k-1"))
        let place = revoked.firstIndex(of: Secret("rt-h-1"))
        #expect(place.map { $0 < 100 } == true)
    }
}

extension Secret {
    /// A refresh token of a grant whose id begins so.
    fileprivate func isOf(_ prefix: String) -> Bool { bytes.starts(with: "rt-\(prefix)".utf8) }
}

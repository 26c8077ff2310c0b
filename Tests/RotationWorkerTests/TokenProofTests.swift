import Grants
import RotationWorker
import SQLiteStore
import Testing

/// Each of a grant's tokens is asked about, and what is known of one says nothing of another.
@Suite struct TokenProofTests {
    private static let refreshToken = Secret("rt-1")
    private static let accessToken = Secret("at-1")

    /// One idle grant with both tokens, about to be revoked; its access token ends in a month.
    private func revoking(_ change: (Rig) -> Void = { _ in }) async throws -> Rig {
        let rig = try await Rig()
        rig.provider.use([
            CanaryToken(kind: .refreshToken, isOwnClient: false, token: ScriptedProvider.canary),
            CanaryToken(kind: .accessToken, isOwnClient: false, token: ScriptedProvider.canary),
        ])
        change(rig)
        rig.settings.providers = [rig.provider.settings]
        let grant = idleGrant("g-1") { $0.accessTokenExpiresAt = start + .days(30) }
        try await rig.add(grant, tokens: [.refreshToken: Self.refreshToken, .accessToken: Self.accessToken])
        try await rig.rotate()
        return rig
    }

    private func order(_ rig: Rig) async throws -> RevocationOrder? {
        guard let row = try await rig.grant("g-1")?.row else { return nil }
        return try await rig.store.read { try $0.revocation(row: row) }
    }

    @Test func `both tokens are asked about before, revoked and asked about again, the refresh token first`()
        async throws
    {
        let rig = try await revoking()
        let report = try await rig.revoke()
        #expect(report.proofs == [.proven: 1])
        #expect(rig.provider.revoked == [Self.refreshToken, Self.accessToken])
        let asked = rig.provider.questions.filter { $0 == Self.refreshToken || $0 == Self.accessToken }
        #expect(asked == [Self.refreshToken, Self.accessToken, Self.refreshToken, Self.accessToken])
    }

    @Test func `a second token that lives on after a yes is asked about again for a day, then a person is needed`()
        async throws
    {
        let rig = try await revoking()
        rig.provider.answerRevocations { $0 == Self.accessToken ? .accepted : nil }
        let report = try await rig.revoke()
        #expect(report.retrying == 1 && report.ended.isEmpty)
        var tries = 0
        while try await rig.grant("g-1")?.grant.standing == .revoking, tries < 100 {
            rig.clock.set(try #require(try await order(rig)?.nextTryAt))
            _ = try await rig.revoke()
            tries += 1
        }
        #expect(rig.clock.now() == start + .hours(24) && tries > 5)
        #expect(rig.provider.revoked == [Self.refreshToken, Self.accessToken], "asked about again, not revoked again")
        let (standing, why) = (try await rig.grant("g-1")?.grant.standing, try await order(rig)?.lastFailure)
        #expect(standing == .stuck && why == "still-active")
        // A day later it is revoked again.
        rig.clock.advance(by: .days(1))
        rig.provider.answerRevocations { _ in nil }
        let again = try await rig.revoke()
        #expect(again.proofs == [.proven: 1])
    }

    @Test
    func `what was accepted and cannot be asked about is acknowledged after a day, and says until when it may live`()
        async throws
    {
        let rig = try await revoking()
        rig.provider.answer { [provider = rig.provider] token in
            token == Self.accessToken && provider.isRevoked(token) ? .unknown(.serverError) : nil
        }
        let first = try await rig.revoke()
        #expect(first.retrying == 1)
        rig.clock.set(start + .hours(24))
        let last = try await rig.revoke()
        #expect(last.proofs == [.acknowledged: 1])
        let grant = try await rig.grant("g-1")?.grant
        #expect(grant?.residualUntil == start + .days(30) && grant?.standing == .expired)
    }

    @Test(arguments: [
        RevocationAnswer.refused(why: "request", detail: "400"), .refused(why: "credentials", detail: "401"),
        .refused(why: "no-endpoint", detail: "none"), .refused(why: "invalid-grant", detail: "400"),
        .failed(.serverError, detail: "500", retryAfter: nil),
    ])
    func `a token that introspection calls dead has ended, whatever the endpoint says`(_ answer: RevocationAnswer)
        async throws
    {
        let rig = try await revoking()
        rig.provider.kill(Self.refreshToken, Self.accessToken)
        rig.provider.answerRevocations(answer)
        let report = try await rig.revoke()
        #expect(report.proofs == [.alreadyInactive: 1])
    }

    @Test func `without our credentials nothing is revoked, and what is dead has ended all the same`() async throws {
        let rig = try await Rig()
        let grant = idleGrant("g-1", idle: 1) { $0.client = "stranger" }
        try await rig.add(grant, tokens: [.refreshToken: Self.refreshToken])
        rig.provider.kill(Self.refreshToken)
        rig.provider.answerRevocations(.refused(why: "no-credentials", detail: "none"))
        try await rig.order("g-1")
        let report = try await rig.revoke()
        #expect(report.proofs == [.alreadyInactive: 1])
    }

    @Test func `invalid_grant alone proves nothing`() async throws {
        let rig = try await revoking()
        rig.provider.answer {
            $0 == ScriptedProvider.madeUp || $0 == ScriptedProvider.canary ? nil : .unknown(.serverError)
        }
        rig.provider.answerRevocations(.refused(why: "invalid-grant", detail: "400"))
        let report = try await rig.revoke()
        #expect(report.stuck == ["invalid-grant": 1] && report.proofs.isEmpty)
    }

    @Test func `an access token that the server does not revoke waits for its end beside a dead refresh token`()
        async throws
    {
        let rig = try await revoking()
        rig.provider.answerRevocations { token in
            token == Self.accessToken ? .refused(why: "unsupported-token-type", detail: "400") : nil
        }
        let report = try await rig.revoke()
        #expect(report.proofs == [.acknowledged: 1] && report.livingOn == 0)
        #expect(try await rig.grant("g-1")?.grant.residualUntil == start + .days(30))
    }

    @Test func `where tokens rotate a yes without a proof may leave a successor alive, and that is kept`() async throws
    {
        let rig = try await revoking { $0.provider.configure { $0.capabilities.rotatesRefreshTokens = true } }
        rig.provider.kill(Self.refreshToken)
        let report = try await rig.revoke()
        #expect(report.proofs == [.acknowledged: 1] && report.livingOn == 1)
        let row = try #require(try await rig.grant("g-1")?.row)
        #expect(try await rig.store.read { try $0.mayLiveOn(row: row) })
    }

    @Test func `a grant that the provider manages is deleted as a whole, and its tokens are asked about`() async throws
    {
        let rig = try await revoking()
        try await rig.change("g-1") { $0.grant.providerGrantID = "pg-7" }
        rig.provider.manageGrants(.accepted)
        let first = try await rig.revoke()
        #expect(rig.provider.revoked == [Secret("grant pg-7")] && first.retrying == 1)
        rig.provider.kill(Self.refreshToken, Self.accessToken)
        rig.clock.advance(by: .hours(1))
        let second = try await rig.revoke()
        #expect(rig.provider.revoked == [Secret("grant pg-7")] && second.proofs == [.proven: 1])
    }

    /// Works the queue, and is interrupted while it asks about the token for the given time.
    private func interrupted(_ rig: Rig, at question: Int) async throws {
        let asked = Counter()
        let (arrivals, arrival) = AsyncStream.makeStream(of: Void.self)
        let (gate, opener) = AsyncStream.makeStream(of: Void.self)
        rig.provider.meanwhile { token in
            guard token == Self.accessToken, asked.next() == question else { return }
            arrival.yield()
            for await _ in gate {}
        }
        rig.provider.answer { token in
            token == Self.accessToken && Task.isCancelled ? .unknown(.network) : nil
        }
        let environment = rig.environment
        let running = Task {
            try await RevocationJob(environment, selection: GrantSelection(), run: 1, lock: nil) {
                ScriptedProvider.madeUp
            }.perform()
        }
        for await _ in arrivals { break }
        running.cancel()
        _ = try? await running.value
        opener.finish()
        rig.provider.meanwhile { _ in }
    }

    @Test(arguments: [false, true])
    func `a try that is interrupted acknowledges nothing that was accepted before, and goes on as it was`(
        isStuck: Bool
    ) async throws {
        let rig = try await revoking()
        rig.provider.answer { [provider = rig.provider] token in
            token == Self.accessToken && provider.isRevoked(token) ? .unknown(.serverError) : nil
        }
        #expect(try await rig.revoke().retrying == 1)
        if isStuck { try await rig.change("g-1") { $0.grant.standing = .stuck } }
        let known = try #require(try await order(rig))
        rig.clock.set(start + .hours(24))
        try await interrupted(rig, at: 1)
        let grant = try #require(try await rig.grant("g-1")).grant
        #expect(grant.proof == nil && grant.standing == (isStuck ? .stuck : .revoking))
        #expect(try await order(rig)?.progress == known.progress)
        // It had been dead since: the next try shows it.
        rig.provider.answer { _ in nil }
        #expect(try await rig.revoke().proofs == [.proven: 1])
    }

    @Test func `a token that was still active is no refusal because a try was interrupted`() async throws {
        let rig = try await revoking()
        rig.provider.answerRevocations { $0 == Self.accessToken ? .accepted : nil }
        #expect(try await rig.revoke().retrying == 1)
        let known = try #require(try await order(rig)).progress
        rig.clock.set(start + .hours(24))
        try await interrupted(rig, at: 1)
        #expect(try await rig.grant("g-1")?.grant.standing == .revoking)
        #expect(try await order(rig)?.progress == known)
        rig.provider.kill(Self.accessToken)
        rig.provider.answer { _ in nil }
        #expect(try await rig.revoke().proofs == [.proven: 1])
    }

    @Test func `an answer about a token that a record replaced meanwhile ends nothing`() async throws {
        let rig = try await revoking()
        let (store, clock) = (rig.store, rig.clock)
        rig.provider.beforeRevoking { _ in
            try? await store.write { writing in
                guard var stored = try writing.grant(.init(provider: "idp", id: "g-1")) else { return }
                stored.recordedAt = clock.now() + .seconds(1)
                try writing.saveRecord(stored)
                try writing.setTokens([.refreshToken: Secret("rt-new")], of: stored)
            }
        }
        let report = try await rig.revoke()
        #expect(report.proofs.isEmpty && report.retrying == 1)
        rig.provider.beforeRevoking { _ in }
        _ = try await rig.revoke()
        #expect(rig.provider.isRevoked(Secret("rt-new")))
    }

    @Test func `an access token over before is believed only beside a canary or a grant of another client`()
        async throws
    {
        for hasControl in [false, true] {
            let rig = try await Rig()
            rig.provider.use([
                CanaryToken(kind: .accessToken, isOwnClient: true, token: ScriptedProvider.canary)
            ])
            try await rig.add(idleGrant("g-1", idle: 1), tokens: [.accessToken: Self.accessToken])
            if hasControl { try await rig.add(idleGrant("h-1", idle: 1), tokens: [.accessToken: Secret("at-h")]) }
            rig.provider.kill(Self.accessToken)
            rig.provider.answerRevocations(.refused(why: "request", detail: "400"))
            try await rig.order("g-1")
            let report = try await rig.revoke()
            #expect(report.proofs == (hasControl ? [.alreadyInactive: 1] : [:]))
            #expect(report.stuck == (hasControl ? [:] : ["request": 1]))
        }
    }
}

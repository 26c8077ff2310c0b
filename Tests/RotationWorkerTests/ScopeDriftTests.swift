import Grants
import RotationWorker
import Testing

/// What the provider tells of scopes, beside a record that never changes by it.
@Suite struct ScopeDriftTests {
    private func scene(_ kind: TokenKind = .refreshToken) async throws -> (Rig, tell: @Sendable ([String]?) -> Void) {
        let rig = try await Rig()
        let token = Secret(kind == .refreshToken ? "rt-g-1" : "at-g-1")
        try await rig.add(idleGrant("g-1", idle: 1), tokens: [kind: token])
        return (
            rig,
            { [provider = rig.provider] scopes in
                provider.answer { $0 == token ? .active(TokenFacts(scopes: scopes.map { ScopeSet($0) })) : nil }
            }
        )
    }

    @Test(arguments: TokenKind.allCases)
    func `more scopes than recorded are told once, and found as long as they are there`(kind: TokenKind) async throws {
        let (rig, tell) = try await scene(kind)
        tell(["ticket.read"])
        #expect(try await rig.revalidate().drifted == 0)
        tell(["ticket.read", "openid", "order.write"])
        for _ in 0..<3 {
            rig.clock.advance(by: .hours(1))
            let report = try await rig.revalidate()
            #expect(report.active == 1 && report.drifted == 1)
        }
        #expect(try await rig.events().filter { $0 == "grant.scope_drift" }.count == 1)
        let grant = try #require(try await rig.grant("g-1")).grant
        #expect(grant.scopes.names == ["ticket.read"] && grant.toldScopesKind == kind)
        #expect(ScopeDrift.effective(of: grant).names == ["openid", "order.write", "ticket.read"])
        tell(["ticket.read", "order.write", "order.read"])
        #expect(try await rig.revalidate().drifted == 1)
        #expect(try await rig.events().filter { $0 == "grant.scope_drift" }.count == 2)
        tell(["ticket.read"])
        #expect(try await rig.revalidate().drifted == 0)
        #expect(try await rig.grant("g-1")?.grant.toldScopes == nil)
    }

    @Test func `ignored scopes, fewer scopes and no word are no drift`() async throws {
        let (rig, tell) = try await scene()
        for told in [["ticket.read", "openid", "profile", "email", "offline_access"], [], nil] as [[String]?] {
            tell(told)
            rig.clock.advance(by: .hours(1))
            #expect(try await rig.revalidate().drifted == 0)
        }
        #expect(try await !rig.events().contains("grant.scope_drift"))
        // Fewer than recorded, told of the refresh token, are what it holds.
        #expect(try await rig.grant("g-1").map { ScopeDrift.effective(of: $0.grant).names } == [])
    }

    @Test func `scopes of an answer that does not count say nothing`() async throws {
        let (rig, _) = try await scene()
        rig.provider.answer {
            $0 == Secret("rt-g-1") ? .active(TokenFacts(client: "another", scopes: ScopeSet(["order.write"]))) : nil
        }
        let report = try await rig.revalidate()
        #expect(report.unknown == [.otherToken: 1] && report.drifted == 0)
        #expect(try await rig.grant("g-1")?.grant.toldScopes == nil)
    }
}

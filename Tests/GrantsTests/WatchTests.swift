import Grants
import Testing

private let now = Timestamp(milliseconds: 1_795_478_400_000)

private func member(_ id: String) -> Grant {
    Grant(
        key: .init(provider: "idp", id: id),
        tenant: "acme",
        client: "portal",
        scopes: ScopeSet(["a", "b"]),
        issuedAt: now - .days(9)
    )
}

@Suite struct WatchTests {
    @Test(
        arguments: [
            (10, 1, false), (11, 1, true), (11, 54, true), (11, 55, false), (100, 500, false), (101, 500, true),
        ]
    )
    func `more than ten in a month, and more than a fifth of the living, are a creep`(
        ended: Int,
        live: Int,
        isOne: Bool
    ) {
        #expect(Creep(ended: ended, live: live).isOne == isOne)
    }

    @Test func `scopes told beside the record are kept, and told of a refresh token stand alone`() {
        var grant = member("g")
        #expect(!ScopeDrift.isNews(nil, kind: .accessToken, of: grant))
        #expect(!ScopeDrift.isNews(ScopeSet(["b", "a"]), kind: .accessToken, of: grant))
        let told = ScopeSet(["b", "c", "openid"])
        #expect(ScopeDrift.isNews(told, kind: .accessToken, of: grant))
        ScopeDrift.enter(told, kind: .accessToken, in: &grant)
        #expect(!ScopeDrift.isNews(told, kind: .accessToken, of: grant))
        #expect(ScopeDrift.effective(of: grant).names == ["a", "b", "c", "openid"])
        #expect(ScopeDrift.excess(of: grant, ignoring: ScopeDrift.ignoredByDefault) == ["c"])
        #expect(ScopeDrift.isNews(told, kind: .refreshToken, of: grant))
        ScopeDrift.enter(told, kind: .refreshToken, in: &grant)
        #expect(ScopeDrift.effective(of: grant).names == ["b", "c", "openid"])
        #expect(grant.scopes.names == ["a", "b"])
        ScopeDrift.enter(ScopeSet(["a", "b"]), kind: .refreshToken, in: &grant)
        #expect(grant.toldScopes == nil && grant.toldScopesKind == nil)
    }

    @Test func `a record whose scopes are separated by commas holds each of them`() {
        var grant = member("g")
        grant.scopes = ScopeSet(["a,b"])
        ScopeDrift.enter(ScopeSet(["a", "b"]), kind: .accessToken, in: &grant)
        #expect(ScopeDrift.excess(of: grant, ignoring: ScopeSet([])) == [])
    }

    @Test func `a thousand ended grants are asked about in a day`() {
        var progress = EndedProgress(place: .init(at: now, row: 1), day: 10, asked: 400)
        #expect(progress.left(on: 10) == 600 && progress.left(on: 11) == 1_000)
        progress.asked = 1_200
        #expect(progress.left(on: 10) == 0)
    }

    @Test func `the life of an access token is told from its issue to its end, or what is left of it`() {
        #expect(TokenFacts(expiresAt: now + .hours(2)).lifetime(at: now) == .hours(2))
        #expect(TokenFacts(expiresAt: now + .hours(2), issuedAt: now - .hours(3)).lifetime(at: now) == .hours(5))
        #expect(TokenFacts(expiresAt: now - .hours(2)).lifetime(at: now) == nil)
        #expect(TokenFacts().lifetime(at: now) == nil)
    }
}

import Grants
import GrantsTestSupport
import Testing

/// What holds for any grant under any policy, over many random ones.
@Suite struct PlannerPropertyTests {
    private static let now = Timestamp(milliseconds: 1_795_478_400_000)

    private static func grant(_ number: Int, _ random: inout SplitMix64) -> Grant {
        func ago() -> Timestamp { now - .hours(Int64.random(in: -48...9_000, using: &random)) }
        func maybe() -> Timestamp? { Bool.random(using: &random) ? ago() : nil }
        var grant = Grant(
            key: .init(provider: "idp", id: "g-\(number)"),
            tenant: "acme",
            client: "portal",
            scopes: ScopeSet(["a"]),
            issuedAt: ago()
        )
        grant.tenant = Int.random(in: 0..<8, using: &random) == 0 ? "globex" : "acme"
        grant.expiresAt = Int.random(in: 0..<6, using: &random) == 0 ? ago() : nil
        grant.accessTokenExpiresAt = maybe()
        grant.lastUsedAt = maybe()
        grant.observedFrom = maybe()
        grant.observedUntil = maybe()
        grant.holdsAccessToken = .random(using: &random)
        grant.holdsRefreshToken = .random(using: &random)
        grant.claimsRefreshToken = .random(using: &random)
        grant.standing = Standing.allCases.randomElement(using: &random) ?? .active
        grant.cause = [Rule.unused, .lifetime, .outOfPolicy, .contradicted].randomElement(using: &random)
        grant.announcedAt = maybe()
        grant.clockFrom = maybe()
        for _ in 0..<Int.random(in: 0..<5, using: &random) {
            let why = UnknownReason.allCases.randomElement(using: &random) ?? .canary
            let verdict: Verdict? = [Verdict.active, .inactive, .inactive, .unknown(why)].randomElement(using: &random)
            grant.validity.record(verdict ?? .active, at: ago())
        }
        return grant
    }

    private static func policy(_ random: inout SplitMix64) -> PolicyValues {
        func days(_ most: Int64) -> Duration { .days(.random(in: 0...most, using: &random)) }
        var policy = PolicyValues()
        policy.idleAfter = days(120)
        policy.notice = days(10)
        policy.quarantine = days(4)
        policy.newGrantGrace = days(20)
        policy.maxLifetime = Bool.random(using: &random) ? days(400) : nil
        policy.lifetimeNotice = days(10)
        policy.confirmations = .random(in: 0...3, using: &random)
        policy.enforcesOwnEnd = Bool.random(using: &random)
        policy.onScopeViolation = Bool.random(using: &random) ? .alert : .revoke
        return policy
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `every decision is in the table, and no end lacks its ground`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for round in 0..<2_000 {
            let policy = Self.policy(&random)
            let grants = (0...Int.random(in: 0...2, using: &random)).map { Self.grant($0, &random) }
            let family = Family(grants.map { .init($0, UseEvidence(of: $0, feeds: [], now: Self.now)) })
            var context = PlanningContext()
            context.scopes =
                [.notJudged, .allowed, .outside(["x"]), .noPolicy].randomElement(using: &random) ?? .allowed
            let grant = grants[0]
            let decision = Planner(policy: policy, now: Self.now).decide(grant, family: family, context: context)
            let place = "seed \(seed), round \(round): \(decision.action.name) by \(decision.rule.rawValue)"
            guard decision.action != .keep else { continue }
            #expect(Lifecycle.transition(of: grant, by: decision) != nil, "\(place)")
            guard decision.isEnd || decision.action == .quarantine else { continue }
            #expect(!family.isMixed, "\(place)")
            switch decision.rule {
            case .contradicted:
                #expect(
                    policy.enforcesOwnEnd && (grant.standing != .active || policy.lifetimeNotice == .zero),
                    "\(place)"
                )
            case .goneAtProvider:
                #expect(grants.contains { $0.validity.inactiveCount >= 1 }, "\(place)")
            case .expired:
                #expect(
                    [grant.expiresAt, grant.accessTokenExpiresAt].contains { $0.map { $0 <= Self.now } ?? false },
                    "\(place)"
                )
                let ends = [grant.expiresAt, grant.accessTokenExpiresAt].compactMap { $0 }
                #expect(
                    ends.contains { end in end <= Self.now && !(family.lastUsedAt.map { $0 > end } ?? false) },
                    "\(place)"
                )
                if case .end(let end) = decision.action { #expect(!end.needsCall, "\(place)") }
            case .lifetime, .outOfPolicy:
                #expect(
                    grant.standing != .active || policy.notice == .zero || policy.lifetimeNotice == .zero,
                    "\(place)"
                )
            case .unused:
                #expect(family.idle.map { $0 >= policy.idleAfter } ?? false, "\(place)")
                #expect(family.window.map { Self.now - $0.until <= policy.evidenceMaxAge } ?? false, "\(place)")
            default:
                Issue.record("\(place): no rule that ends")
            }
        }
    }
}

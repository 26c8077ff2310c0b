import Grants
import Testing

private let now = Timestamp(milliseconds: 1_795_478_400_000)

/// What ends by our clock needs the provider's to agree.
@Suite struct ClockGateTests {
    private func grant(isExempt: Bool = false) -> Grant {
        var grant = Grant(
            key: .init(provider: "idp", id: "g-1"),
            tenant: "acme",
            client: "portal",
            scopes: ScopeSet(["a"]),
            issuedAt: now - .days(400)
        )
        if isExempt { grant.exemption = Exemption(owner: "ops", reason: "once", until: now - .hours(1)) }
        return grant
    }

    @Test(arguments: [(0, true), (300, true), (-300, true), (301, false), (-301, false)] as [(Int64, Bool)])
    func `a provider's clock agrees with ours within five minutes`(seconds: Int64, agrees: Bool) {
        let reading = ServerClock(date: now + .seconds(seconds), now: now)
        #expect((reading == .agrees) == agrees)
        #expect(ServerClock(date: nil, now: now) == .unknown)
    }

    @Test(arguments: Rule.allCases)
    func `ends by rules 6, 6b, 7 and 8 need a date, and every end of what was exempt`(rule: Rule) {
        let end = Decision(.end(.init(.expired, needsCall: true)), rule, "over")
        let byClock: Set<Rule> = [.expired, .contradicted, .lifetime, .outOfPolicy]
        #expect(Gates.needsDate(end, on: grant()) == byClock.contains(rule))
        #expect(Gates.needsDate(end, on: grant(isExempt: true)))
        #expect(!Gates.needsDate(Decision(.notice, rule, "soon"), on: grant()))
    }

    @Test func `without a date only what rests on the clock waits, and beyond five minutes everything does`() {
        let lifetime = Decision(.end(.init(.expired, needsCall: true)), .lifetime, "over")
        let unused = Decision(.end(.init(.expired, needsCall: true)), .unused, "idle")
        let restore = Decision(.restore, .usedAgain, "used")
        let unseen = ClockGate(["idp": .unknown], trusting: [])
        #expect(unseen.isClosed(to: lifetime, on: grant()) && !unseen.isClosed(to: unused, on: grant()))
        let trusted = ClockGate(["idp": .unknown], trusting: ["idp"])
        #expect(!trusted.isClosed(to: lifetime, on: grant()))
        let skewed = ClockGate(["idp": .skewed(by: .days(6))], trusting: ["idp"])
        #expect(skewed.isClosed(to: lifetime, on: grant()) && skewed.isClosed(to: unused, on: grant()))
        #expect(!skewed.isClosed(to: restore, on: grant()))
        let agreeing = ClockGate(["idp": .agrees], trusting: [])
        #expect(!agreeing.isClosed(to: lifetime, on: grant()))
    }
}

import Grants
import Testing

@Suite struct `Policy overrides` {
    static func policy(_ overrides: [PolicyOverride]) -> RotationPolicy {
        var policy = RotationPolicy()
        policy.overrides = overrides
        return policy
    }

    static func override(_ name: String, _ changes: [PolicyChange], _ match: (inout PolicyMatch) -> Void)
        -> PolicyOverride
    {
        var matched = PolicyMatch()
        match(&matched)
        return PolicyOverride(match: matched, changes: changes, source: name)
    }

    static let subject = PolicySubject(
        tenant: "acme",
        party: .supplier,
        provider: "idp",
        client: "portal",
        role: "requester",
        environment: "production"
    )

    @Test func `without a match the defaults hold and no source is named`() {
        let policy = Self.policy([Self.override("overrides[0]", [.idleAfter(.days(1))]) { $0.party = .partner }])
        let (values, sources) = policy.values(for: Self.subject)
        #expect(values == PolicyValues())
        #expect(sources.isEmpty)
    }

    @Test func `the last match wins, member by member`() {
        let policy = Self.policy([
            Self.override("overrides[0]", [.idleAfter(.days(30)), .notice(.days(2))]) { $0.party = .supplier },
            Self.override("overrides[1]", [.idleAfter(.days(60))]) { $0.tenant = "acme" },
        ])
        let (values, sources) = policy.values(for: Self.subject)
        #expect(values.idleAfter == .days(60))
        #expect(values.notice == .days(2))
        #expect(sources == ["idle_after": "overrides[1]", "notice": "overrides[0]"])
    }

    @Test(arguments: [
        PolicySubject(
            tenant: "other",
            party: .supplier,
            provider: "idp",
            client: "portal",
            role: "requester",
            environment: "production"
        ),
        PolicySubject(
            tenant: "acme",
            party: .partner,
            provider: "idp",
            client: "portal",
            role: "requester",
            environment: "production"
        ),
        PolicySubject(
            tenant: "acme",
            party: .supplier,
            provider: "idp2",
            client: "portal",
            role: "requester",
            environment: "production"
        ),
        PolicySubject(
            tenant: "acme",
            party: .supplier,
            provider: "idp",
            client: "desk",
            role: "requester",
            environment: "production"
        ),
        PolicySubject(
            tenant: "acme",
            party: .supplier,
            provider: "idp",
            client: "portal",
            role: nil,
            environment: "production"
        ),
        PolicySubject(
            tenant: "acme",
            party: .supplier,
            provider: "idp",
            client: "portal",
            role: "requester",
            environment: "test"
        ),
    ])
    func `all that a match names must be equal`(subject: PolicySubject) {
        let full = Self.override("overrides[0]", [.confirmations(5)]) {
            $0.tenant = "acme"
            $0.party = .supplier
            $0.provider = "idp"
            $0.client = "portal"
            $0.role = "requester"
            $0.environment = "production"
        }
        #expect(Self.policy([full]).values(for: Self.subject).values.confirmations == 5)
        #expect(Self.policy([full]).values(for: subject).values.confirmations == 2)
    }

    @Test func `each member of the valve can be overridden alone`() {
        let policy = Self.policy([
            Self.override("overrides[0]", [.valveCount(3), .valveShare(1)]) { $0.tenant = "acme" }
        ])
        let valve = policy.values(for: Self.subject).values.valve
        #expect(valve.count == 3)
        #expect(valve.sharePercent == 1)
        #expect(valve.max == Valve().max)
        #expect(valve.window == Valve().window)
    }

    @Test func `a match on client, role or environment is within a partition`() {
        #expect(Self.override("", []) { $0.client = "portal" }.match.isWithinPartition)
        #expect(Self.override("", []) { $0.role = "requester" }.match.isWithinPartition)
        #expect(Self.override("", []) { $0.environment = "production" }.match.isWithinPartition)
        #expect(
            !Self.override("", []) {
                $0.tenant = "acme"
                $0.provider = "idp"
            }.match.isWithinPartition
        )
    }
}

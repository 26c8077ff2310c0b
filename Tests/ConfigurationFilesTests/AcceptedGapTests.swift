import ConfigurationFiles
import Grants
import Testing

@Suite struct `Gaps that are accepted` {
    private func text(_ gap: String) -> String {
        """
        store: { sqlite: grants.sqlite }
        providers: [{ id: idp, issuer: 'https://as.example', client: { id: keeper, secret: { env: A } } }]
        accepted_gaps: [\(gap)]

        """
    }

    @Test func `a gap names what cannot be done, whose it is and until when`() throws {
        let gap = try parsed(
            text(
                "{ provider: idp, tenant: acme, why: cannot-revoke, owner: iam, reason: none, until: 2027-06-30T00:00:00Z }"
            )
        ).settings.acceptedGaps.first
        #expect(gap?.why == .cannotRevoke)
        #expect(gap?.owner == "iam")
        let until = try #require(gap?.until)
        let mine = Standstill.Holder(provider: "idp", tenant: "acme", client: "app")
        let other = Standstill.Holder(provider: "idp", tenant: "globex", client: "app")
        #expect(gap?.covers(mine, at: until - .seconds(1)) == true)
        #expect(gap?.covers(mine, at: until) == false)
        #expect(gap?.covers(other, at: until - .seconds(1)) == false)
    }

    @Test(arguments: ["owner", "reason", "until", "why", "provider"])
    func `a gap without an owner, a reason or an end is a mistake`(missing: String) {
        let members = [
            "provider: idp", "why: no-token", "owner: iam", "reason: none", "until: 2027-06-30T00:00:00Z",
        ].filter { !$0.hasPrefix(missing) }
        let found = problems(text("{ \(members.joined(separator: ", ")) }"))
        #expect(found.count == 1)
        #expect(found.first?.contains("'\(missing)'") == true)
    }

    @Test func `reasons of unknown answers are known, and a mistyped one is told with the nearest`() {
        let found = problems(text("{ provider: idp, why: too-larg, owner: a, reason: b, until: 2027-06-30T00:00:00Z }"))
        #expect(found.count == 1)
    }

    @Test func `variables of a sink's program are named, and belong to exec sinks`() throws {
        func sinks(_ sink: String) -> String { "store: { sqlite: grants.sqlite }\nsinks: [\(sink)]\n" }
        let sink = try parsed(sinks("{ id: a, type: exec, command: [a], environment: [HTTPS_PROXY] }")).settings.sinks
            .first
        #expect(sink?.environment == ["HTTPS_PROXY"])
        #expect(problems(sinks("{ id: a, type: exec, command: [a], environment: ['A=b'] }")).count == 1)
        #expect(problems(sinks("{ id: a, type: file, path: a, environment: [A] }")).count == 1)
    }
}

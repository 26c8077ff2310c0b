import Grants
import GrantsTestSupport
import Records
import Testing

@Suite("What a containment covers and takes along", .serialized)
struct ContainPropertyTests {
    /// A grant of a random population, as the slow reference sees it.
    private struct Member {
        var id: String
        var tenant: String
        var client: String
        var subject: String
        var family: String?

        var isOurs: Bool { client == "grantkeeper" }

        /// Their revocations meet: one consent over time, or one client and subject.
        func endsWith(_ other: Member) -> Bool {
            (family != nil && family == other.family) || (client == other.client && subject == other.subject)
        }
    }

    @Test(arguments: [UInt64(3), 17, 40_962])
    func `it agrees with a slow and obvious closure on random families and subjects`(seed: UInt64) async throws {
        var generator = SplitMix64(seed: seed)
        var members: [Member] = []
        try await withScenario {
            $0.tenants = ["acme", "globex"]
            $0.reaches = "client_subject"
        } _: { scenario in
            for round in 0..<12 {
                let new = (0..<6).map { Self.member("r\(round)-\($0)", &generator) }
                let lines = new.map { member in
                    GrantSpec.used(member.id) { spec in
                        (spec.tenant, spec.client, spec.subject) = (member.tenant, member.client, member.subject)
                        if let family = member.family { spec.more = #","family":"\#(family)""# }
                    }.record(nil, now: scenario.now)
                }
                #expect(try await scenario.importing(lines).status == (new.contains(where: \.isOurs) ? 2 : 0))
                members += new
                for tenant in ["acme", "globex"] {
                    let plan = try await scenario.run("contain", "--supplier", tenant, "--dry-run", "--json").json
                    let wanted = Self.slowly(members, tenant)
                    let comment: Comment = "seed \(seed), round \(round), \(tenant)"
                    #expect(plan.int("counts.grants") == wanted.covered.count, comment)
                    #expect(Set(plan.texts("collateral.grants")) == wanted.along, comment)
                    #expect(Set(plan.texts("self_protected.grants")) == wanted.ours, comment)
                    #expect(Set(plan.texts("shielded.grants")) == wanted.shielded, comment)
                }
            }
        }
    }

    private static func member(_ id: String, _ generator: inout SplitMix64) -> Member {
        Member(
            id: id,
            tenant: Bool.random(using: &generator) ? "acme" : "globex",
            client: Int.random(in: 0..<16, using: &generator) == 0
                ? "grantkeeper" : ["supplier-portal", "quote-bot"].randomElement(using: &generator) ?? "",
            subject: "s-\(Int.random(in: 0..<40, using: &generator))",
            family: Int.random(in: 0..<3, using: &generator) == 0
                ? "f-\(Int.random(in: 0..<12, using: &generator))" : nil
        )
    }

    private static func slowly(
        _ members: [Member],
        _ tenant: String
    ) -> (covered: Set<String>, along: Set<String>, ours: Set<String>, shielded: Set<String>) {
        var (covered, along, ours, shielded) = (Set<String>(), Set<String>(), Set<String>(), Set<String>())
        for member in members where member.tenant == tenant {
            if member.isOurs {
                ours.insert("idp/\(member.id)")
                continue
            }
            var found = [member.id]
            var next = 0
            while next < found.count {
                if let from = members.first(where: { $0.id == found[next] }) {
                    found += members.filter { from.endsWith($0) && !found.contains($0.id) }.map(\.id)
                }
                next += 1
            }
            let bundle = members.filter { found.contains($0.id) }
            if bundle.contains(where: \.isOurs) {
                shielded.insert("idp/\(member.id)")
            } else {
                covered.insert("idp/\(member.id)")
                along.formUnion(bundle.filter { $0.tenant != tenant }.map { "idp/\($0.id)" })
            }
        }
        return (covered, along, ours, shielded)
    }
}

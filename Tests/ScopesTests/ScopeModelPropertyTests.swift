import Grants
import GrantsTestSupport
import Scopes
import Testing

/// The model agrees with a slow, obvious reference on random documents.
struct ScopeModelPropertyTests {
    static let seeds = (0..<6).map { _ in UInt64.random(in: 0...UInt64.max) }

    @Test(arguments: seeds)
    func `Closure, minimal cover, allow-lists and judgements are those of the reference`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var verdicts: [String: Int] = [:]
        for round in 0..<30 {
            let sheet = Sheet.random(&random)
            let model = sheet.model
            let slow = SlowReference(documents: sheet.documents)
            let names = slow.names.sorted()
            for name in names {
                #expect(Set(model.coverage(of: name)) == slow.closure([name]), "seed \(seed) round \(round) \(name)")
            }
            let some = Sheet.some(of: names, upTo: 6, &random)
            #expect(Set(model.minimalCover(of: some)) == slow.minimalCover(Set(some)), "seed \(seed) round \(round)")
            for tenant in sheet.documents.tenants {
                for client in tenant.clients {
                    let key = ClientKey(provider: "p", client: client.id.value)
                    let roles = sheet.documents.roles.filter { role in
                        client.roles.contains { $0.value == role.id.value }
                    }
                    let expected = roles.reduce(into: Set<ScopeName>()) {
                        $0.formUnion(slow.allowed(tenant, client, $1))
                    }
                    let allowed = model.allowList(of: key, tenant: tenant.id.value) ?? []
                    #expect(Set(allowed) == expected, "seed \(seed) round \(round) \(tenant.id.value) \(key)")
                }
            }
            for _ in 0..<20 {
                let words = Sheet.some(of: names.map { model.word(for: $0, at: "p") } + ["?"], upTo: 4, &random)
                let tenant = Sheet.pick(["t0", "t1", "t2"] as [TenantID], &random) ?? "t0"
                let client = Sheet.pick(["c0", "c1", "c2"] as [ClientID], &random) ?? "c0"
                let role = Sheet.pick([nil, nil, "role0", "role1", "role9"] as [RoleID?], &random) ?? nil
                let expected = slow.judge(words, "p", tenant, client, role)
                let verdict = model.judge(words, provider: "p", tenant: tenant, client: client, role: role)
                switch verdict {
                case .noPolicy: verdicts["none", default: 0] += 1
                case .allowed: verdicts["allowed", default: 0] += 1
                case .outside: verdicts["outside", default: 0] += 1
                }
                if case .noPolicy = verdict {
                    #expect(expected == nil, "seed \(seed) round \(round) \(words) \(tenant) \(client) \(role as Any)")
                } else {
                    #expect(verdict == expected, "seed \(seed) round \(round) \(words) \(tenant) \(client)")
                }
            }
        }
        // Or the test would have nothing to tell.
        #expect(verdicts.values.allSatisfy { $0 > 5 } && verdicts.count == 3, "seed \(seed): \(verdicts)")
    }

    @Test(arguments: seeds)
    func `Narrowing never adds`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for round in 0..<40 {
            let before = Sheet.random(&random)
            var after = before
            after.randomNarrowing(
                SlowReference(documents: before.documents).names.sorted(),
                ["role0", "role1", "role2"],
                &random
            )
            for tenant in ["t0", "t1"] as [TenantID] {
                for client in ["c0", "c1"] as [ClientID] {
                    let key = ClientKey(provider: "p", client: client)
                    let wide = Set(before.model.allowList(of: key, tenant: tenant) ?? [])
                    let narrow = Set(after.model.allowList(of: key, tenant: tenant) ?? [])
                    #expect(narrow.isSubset(of: wide), "seed \(seed) round \(round) \(tenant) \(client)")
                }
            }
        }
    }

    @Test(arguments: seeds)
    func `The bytes do not depend on any order`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for round in 0..<30 {
            let sheet = Sheet.random(&random)
            var other = sheet
            other.documents.catalogue.scopes.shuffle(using: &random)
            other.documents.workflow.steps.shuffle(using: &random)
            other.documents.roles.shuffle(using: &random)
            other.documents.tenants.shuffle(using: &random)
            other.documents.narrowings.shuffle(using: &random)
            for index in other.documents.roles.indices { other.documents.roles[index].steps.shuffle(using: &random) }
            #expect(sheet.model.canonicalBytes == other.model.canonicalBytes, "seed \(seed) round \(round)")
        }
    }
}

import Grants
import GrantsTestSupport
import Scopes

extension Sheet {
    /// Small documents of all kinds, cycles, unknown names and empty lists among them.
    static func random(_ random: inout SplitMix64) -> Sheet {
        var sheet = Sheet()
        let names = (0..<Int.random(in: 1...8, using: &random)).map { ScopeName("s\($0)") }
        let parties: [Set<Party>?] = [nil, nil, nil, [.internal], [.supplier, .partner]]
        let environments: [EnvironmentID] = ["production", "sandbox"]
        for name in names.shuffled(using: &random) {
            let bound: [Set<EnvironmentID>?] = [nil, nil, nil, ["sandbox"]]
            let word = ["s0", "S", "\(name)"].randomElement(using: &random) ?? ""
            sheet.scope(
                name,
                implies: some(of: names, upTo: 2, &random),
                parties: pick(parties, &random) ?? nil,
                environments: pick(bound, &random) ?? nil,
                names: Bool.random(using: &random) ? ["p": word] : [:]
            )
        }
        sheet.blanket("s.*", some(of: names, upTo: 3, &random))
        let known = names + ["s.*"]
        let askable = known + (Int.random(in: 0..<6, using: &random) == 0 ? ["unknown"] : [])
        let steps = (0..<4).map { StepID("step\($0)") }
        for step in steps { sheet.step(step, some(of: askable, upTo: 3, &random)) }
        let roles = (0..<3).map { RoleID("role\($0)") }
        for role in roles {
            sheet.role(role, some(of: steps, upTo: 3, &random), parties: pick(parties, &random) ?? nil)
        }
        for number in 0..<2 {
            let environment = Bool.random(using: &random) ? pick(environments, &random) : nil
            sheet.tenant(
                TenantID("t\(number)"),
                pick(Party.allCases, &random) ?? .internal,
                environment: environment
            )
            for client in 0..<2 {
                sheet.client(
                    ClientID("c\(client)"),
                    some(of: roles, upTo: 2, &random),
                    provider: "p",
                    environment: Bool.random(using: &random) ? pick(environments, &random) : nil
                )
            }
        }
        for _ in 0..<Int.random(in: 0...3, using: &random) { sheet.randomNarrowing(askable, roles, &random) }
        return sheet
    }

    mutating func randomNarrowing(_ names: [ScopeName], _ roles: [RoleID], _ random: inout SplitMix64) {
        let some = Self.some(of: names, upTo: 4, &random)
        narrow(
            Bool.random(using: &random) ? .only(some) : .without(some),
            tenant: Bool.random(using: &random) ? Self.pick(["t0", "t1"], &random) : nil,
            client: Bool.random(using: &random) ? Self.pick(["c0", "c1"], &random) : nil,
            role: Bool.random(using: &random) ? Self.pick(roles, &random) : nil,
            environment: Bool.random(using: &random) ? Self.pick(["production", "sandbox"], &random) : nil
        )
    }

    static func pick<Value>(_ values: [Value], _ random: inout SplitMix64) -> Value? {
        values.randomElement(using: &random)
    }

    static func some<Value>(of values: [Value], upTo count: Int, _ random: inout SplitMix64) -> [Value] {
        Array(values.shuffled(using: &random).prefix(Int.random(in: 0...count, using: &random)))
    }
}

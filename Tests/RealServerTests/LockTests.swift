import Records
import Subprocess
import Testing

extension RealServerTests {
    @Suite("Two processes on one store")
    struct Locks {
        private func fill(_ keeper: Keeper) async throws {
            try await keeper.importGrants((1...1_500).map { GrantLine("known-\($0)", nil) })
        }

        @Test
        func `Two runs at once: one works, the other says who does and ends with 75`() async throws {
            try await scene { _, keeper in
                try await fill(keeper)
                var refusal: Keeper.Outcome?
                for _ in 0..<30 where refusal == nil {
                    async let first = keeper.run("rotate", "--full", "--json")
                    async let second = keeper.run("rotate", "--full", "--json")
                    let outcomes = [try await first, try await second]
                    let statuses = outcomes.map(\.status)
                    #expect(statuses.contains(0))
                    // 2: they met at a later job, which was left out.
                    #expect(statuses.allSatisfy { [0, 2, 75].contains($0) })
                    refusal = outcomes.first { $0.status == 75 }
                }
                let refused = try #require(refusal, "they never met")
                #expect(refused.errors.contains("has run 'expire' since"))
            }
        }

        @Test
        func `With --wait the second run begins when the first has ended`() async throws {
            try await scene { _, keeper in
                try await fill(keeper)
                async let first = keeper.run("rotate", "--full", "--wait", "1m")
                async let second = keeper.run("rotate", "--full", "--wait", "1m")
                let statuses = [try await first.status, try await second.status]
                #expect(statuses == [0, 0])
                #expect(try await keeper.run("runs", "list", "--json").lines.count == 2)
            }
        }

        @Test
        func `A second revalidation of everything ends with 75 while the first is asking`() async throws {
            try await scene(\.inFlight, 1) { rig, keeper in
                var lines: [GrantLine] = []
                for number in 1...30 { lines.append(GrantLine("g-\(number)", try await rig.clientCredentials())) }
                try await keeper.importGrants(lines)
                let first = try await keeper.start(["revalidate", "--all"]) { child in
                    let isAsking = try await eventually(tries: 20_000) {
                        try await rig.requests(to: "/o/introspect/") > 3
                    }
                    #expect(isAsking)
                    try child.send(signal: .suspend)
                    #expect(try await keeper.run("revalidate", "--all").status == 75)
                    try child.send(signal: .resume)
                }
                #expect(first.status == 0)
            }
        }
    }
}

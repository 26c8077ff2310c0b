import Grants
import GrantsTestSupport
import Testing

@testable import RotationWorker

/// Tenants take turns.
@Suite struct FairQueueTests {
    private static func take(_ queue: inout FairQueue, _ limit: Int, _ stock: [TenantID: Int]) -> [TenantID] {
        queue.page(limit: limit) { tenant, place, wanted in
            let from = place?.row ?? 0
            let left = max(0, (stock[tenant] ?? 0) - Int(from))
            return (0..<min(wanted, left)).map { offset in
                (tenant, QueueQuery.Place(at: Timestamp(milliseconds: 0), row: from + Int64(offset) + 1))
            }
        }
    }

    @Test func `a tenant with a million keeps no other waiting`() {
        var queue = FairQueue(["a", "b", "c"], turn: 1)
        let stock: [TenantID: Int] = ["a": 1_000_000, "b": 10, "c": 200]
        let page = Self.take(&queue, 500, stock)
        #expect(page.count == 500)
        #expect(page.filter { $0 == "b" }.count == 10 && page.filter { $0 == "c" }.count >= 166)
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `each item is taken once, and the whole is taken`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let tenants = (0..<Int.random(in: 0...30, using: &random)).map { TenantID("t-\($0)") }
        let stock = Dictionary(uniqueKeysWithValues: tenants.map { ($0, Int.random(in: 0...40, using: &random)) })
        var queue = FairQueue(tenants, turn: Int64(seed))
        var taken: [TenantID: Int] = [:]
        while true {
            let limit = Int.random(in: 1...60, using: &random)
            let page = Self.take(&queue, limit, stock)
            for tenant in page { taken[tenant, default: 0] += 1 }
            if page.isEmpty { break }
        }
        #expect(taken == stock.filter { $0.value > 0 }, "seed \(seed)")
    }

    @Test func `with more tenants than a page holds, another one is first in every turn`() {
        let tenants = (0..<2_000).map { TenantID("t-\($0)") }
        let stock = Dictionary(uniqueKeysWithValues: tenants.map { ($0, 1_000_000) })
        var served: Set<TenantID> = []
        for turn in 1...60 as ClosedRange<Int64> {
            var queue = FairQueue(tenants, turn: turn)
            served.formUnion(Self.take(&queue, 500, stock))
        }
        #expect(served.count == 2_000)
    }
}

/// All providers at once.
@Suite struct SideBySideTests {
    private struct Broken: Error {}

    @Test func `what goes wrong at one provider is thrown once the others are done`() async throws {
        let (gate, opener) = AsyncStream.makeStream(of: Void.self)
        let (finished, finish) = AsyncStream.makeStream(of: ProviderID.self)
        await #expect(throws: Broken.self) {
            try await atEveryProvider(["a", "b", "c"]) { provider in
                if provider == "b" {
                    opener.finish()
                    throw Broken()
                }
                for await _ in gate {}
                finish.yield(provider)
            }
        }
        finish.finish()
        var done: Set<ProviderID> = []
        for await provider in finished { done.insert(provider) }
        #expect(done == ["a", "c"])
    }

    @Test func `results are in the providers' order, whoever is first`() async throws {
        let (gate, opener) = AsyncStream.makeStream(of: Void.self)
        let results = try await atEveryProvider(["a", "b", "c"]) { provider in
            if provider == "c" { opener.finish() } else { for await _ in gate {} }
            return provider
        }
        #expect(results == ["a", "b", "c"])
    }
}

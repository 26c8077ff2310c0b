import Grants
import Testing

/// The valve on its three levels: tenant × provider, provider, store.
@Suite struct ValveReadingTests {
    private func counts(live: Int, tenants: Int, provider: ProviderID) -> [Partition: PartitionCounts] {
        (0..<tenants).reduce(into: [:]) { counts, number in
            var count = PartitionCounts()
            count.standings[.active] = live
            counts[Partition(provider: provider, tenant: TenantID("t-\(number)"))] = count
        }
    }

    private func reading(
        _ counts: [Partition: PartitionCounts],
        planned: [Partition: Int],
        notices: [Partition: Int] = [:]
    ) -> ValveReading {
        ValveReading(planned: planned, notices: notices, counts: counts, totals: counts, total: .total) { _ in Valve() }
    }

    @Test func `what no tenant and no provider passes can pass the store's valve`() {
        let all = ["a", "b", "c"].reduce(into: [Partition: PartitionCounts]()) { all, provider in
            all.merge(counts(live: 100, tenants: 3, provider: ProviderID(provider))) { first, _ in first }
        }
        // 6 of 100 for each tenant, 18 of 300 at each provider, 54 of 900 in all: over 50, and over 5 %.
        let reading = reading(all, planned: all.mapValues { _ in 6 })
        #expect(reading.partitions.isEmpty && reading.providers.isEmpty && reading.store == .share)
    }

    @Test func `many small shares of one provider pass the provider's valve, and not another's`() {
        let busy = counts(live: 100, tenants: 10, provider: "busy")
        let quiet = counts(live: 100, tenants: 20, provider: "quiet")
        let planned = busy.mapValues { _ in 6 }
        let reading = reading(busy.merging(quiet) { first, _ in first }, planned: planned)
        #expect(reading.partitions.isEmpty && reading.providers == ["busy": .share])
    }

    @Test func `notices never hold; past the same numbers the run warns`() {
        let all = counts(live: 100, tenants: 2, provider: "idp")
        let many = Partition(provider: "idp", tenant: "t-0")
        let few = Partition(provider: "idp", tenant: "t-1")
        let reading = reading(all, planned: [:], notices: [many: 11, few: 10])
        #expect(reading.partitions.isEmpty && reading.providers.isEmpty && reading.store == nil)
        #expect(reading.warned.keys.sorted() == [many])
    }

    @Test func `what ends by itself is in neither side of the valve`() {
        let partition = Partition(provider: "idp", tenant: "acme")
        var count = PartitionCounts()
        count.standings[.active] = 1_045
        let planned = [partition: 45]
        #expect(reading([partition: count], planned: planned).partitions.isEmpty)
        count.endingByThemselves = 1_000
        #expect(reading([partition: count], planned: planned).partitions == [partition: .share])
    }

    @Test func `a partition's window is the longest among the overrides that match it`() {
        var settings = RotationSettings()
        settings.tenants = [TenantSettings(id: "acme", party: .supplier)]
        func override(_ change: (inout PolicyMatch) -> Void, _ hours: Int64) {
            var match = PolicyMatch()
            change(&match)
            settings.policy.overrides.append(
                PolicyOverride(match: match, changes: [.valveWindow(.hours(hours))], source: "overrides")
            )
        }
        override({ $0.party = .supplier }, 72)
        override({ $0.provider = "idp" }, 6)
        override({ $0.tenant = "globex" }, 100)
        let valves = RotationSettings.Valves(settings)
        #expect(valves.valve(of: Partition(provider: "idp", tenant: "acme")).window == .hours(72))
        #expect(valves.valve(of: Partition(provider: "idp", tenant: "other")).window == .hours(6))
        #expect(valves.valve(of: Partition(provider: "far", tenant: "other")).window == .hours(24))
    }
}

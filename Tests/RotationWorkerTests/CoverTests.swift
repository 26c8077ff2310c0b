import Grants
import RotationWorker
import SQLiteStore
import Testing

/// What a feed is configured to cover more than before was perhaps not seen before.
@Suite struct CoverTests {
    private func rig() async throws -> Rig {
        let rig = try await Rig()
        rig.settings.tenants = [
            TenantSettings(id: "acme", party: .supplier), TenantSettings(id: "globex", party: .supplier),
        ]
        rig.settings.feeds = [feed(["acme"])]
        try await rig.add([
            idleGrant("a-1"), idleGrant("a-2", idle: 1),
            idleGrant("g-1") {
                $0.tenant = "globex"
                ($0.observedFrom, $0.observedUntil, $0.lastUsedAt) = (nil, nil, nil)
            },
        ])
        try await ingest(rig, from: #"{"feed":"gateway","observed_from":"2026-05-01T00:00:00Z"}"#)
        return rig
    }

    private func feed(_ tenants: [TenantID]) -> FeedSettings {
        FeedSettings(id: "gateway", covers: [.init(provider: "idp", tenants: tenants)])
    }

    @discardableResult
    private func ingest(_ rig: Rig, from first: String = "") async throws -> UsageIngest.Report {
        let now = rig.clock.now()
        return try await rig.ingest(
            first,
            #"{"feed":"gateway","at":"\#(now)","grant":"a-2"}"#,
            #"{"feed":"gateway","observed_until":"\#(now)"}"#
        )
    }

    /// The rule and the action that the plan has for a grant.
    private func decision(_ rig: Rig, _ id: String) async throws -> String? {
        let appraisal = try await GrantAppraiser(rig.environment).appraisal(of: .init(provider: "idp", id: id))
        return appraisal.map { "\($0.decision.action.name) \($0.decision.rule.rawValue)" }
    }

    @Test func `what a feed covers from now on is not judged by what it observed before`() async throws {
        let rig = try await rig()
        #expect(try await decision(rig, "a-1") == "end unused")
        #expect(try await decision(rig, "g-1") == "keep no-evidence")
        rig.settings.feeds = [feed(["acme", "globex"])]
        // Before anything has been read, and after the feed has moved on.
        #expect(try await decision(rig, "g-1") == "keep no-evidence")
        for _ in 0..<90 {
            rig.clock.advance(by: .days(1))
            try await ingest(rig)
            #expect(try await decision(rig, "g-1")?.hasPrefix("keep") == true)
            #expect(try await decision(rig, "a-1") == "end unused")
        }
        for _ in 0..<2 {
            rig.clock.advance(by: .days(1))
            try await ingest(rig)
        }
        #expect(try await decision(rig, "g-1") == "end unused")
    }

    @Test func `what was taken out and is covered once more begins again`() async throws {
        let rig = try await rig()
        rig.settings.feeds = [feed([])]
        rig.clock.advance(by: .days(1))
        try await ingest(rig)
        rig.settings.feeds = [feed(["acme"])]
        rig.clock.advance(by: .days(1))
        try await ingest(rig)
        #expect(try await decision(rig, "a-1")?.hasPrefix("keep") == true)
    }

    @Test func `a store of before what feeds cover was kept takes it as it is`() async throws {
        let rig = try await rig()
        rig.settings.feeds = [feed(["acme", "globex"])]
        try await rig.raw("UPDATE feeds SET covers = NULL")
        #expect(try await decision(rig, "g-1") == "end unused")
        try await ingest(rig)
        #expect(try await decision(rig, "g-1") == "end unused")
    }
}

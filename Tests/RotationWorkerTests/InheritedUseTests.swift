import Grants
import RotationWorker
import SQLiteStore
import Testing

/// Uses between a consent under a new id and the export that brings it, which name client and subject.
@Suite struct InheritedUseTests {
    private static let use = #"{"feed":"gateway","at":"2026-11-20T00:00:00Z","client":"portal","subject":"u-1"}"#

    private func rig(subject: String = "u-1") async throws -> Rig {
        let rig = try await Rig()
        rig.settings.feeds = [FeedSettings(id: "gateway", covers: [.init(provider: "idp")])]
        try await rig.add([idleGrant("g-1") { $0.subject = subject }])
        return rig
    }

    private func imported(_ rig: Rig, _ more: String, issued: Timestamp = start - .days(5)) async throws -> Timestamp? {
        _ = try await rig.importing(grantLine("g-2", more, issued: issued))
        return try await rig.grant("g-2")?.grant.lastUsedAt
    }

    @Test(arguments: [false, true])
    func `a use of the same client and subject since the consent counts for a grant that an export brings later`(
        hasEnded: Bool
    ) async throws {
        let rig = try await rig()
        if hasEnded {
            try await rig.rotate()
            _ = try await rig.revoke()
        }
        try await rig.ingest(Self.use)
        let used = try await imported(rig, #","subject":"u-1""#)
        #expect(used?.description == "2026-11-20T00:00:00Z")
    }

    @Test func `it counts in another Unicode form of the subject, too`() async throws {
        let rig = try await rig(subject: "ju\u{308}rgen")
        try await rig.ingest(
            #"{"feed":"gateway","at":"2026-11-20T00:00:00Z","client":"portal","subject":"j\#u{FC}rgen"}"#
        )
        let used = try await imported(rig, #","subject":"j\#u{FC}rgen""#)
        #expect(used?.description == "2026-11-20T00:00:00Z")
    }

    @Test(arguments: [
        (#","subject":"u-2""#, start - .days(5)),
        ("", start - .days(5)),
        (#","subject":"u-1""#, start - .days(3)),
    ])
    func `another's use, and one before the consent, do not`(more: String, issued: Timestamp) async throws {
        let rig = try await rig()
        try await rig.ingest(Self.use)
        #expect(try await imported(rig, more, issued: issued) == nil)
    }

    @Test func `grants of one file inherit nothing from each other`() async throws {
        let rig = try await Rig()
        let used = #","subject":"u-1","last_used_at":"\#(start - .days(1))""#
        _ = try await rig.importing(grantLine("g-1", used), grantLine("g-2", #","subject":"u-1""#))
        #expect(try await rig.grant("g-2")?.grant.lastUsedAt == nil)
    }

    @Test func `a used grant that was brought late is not ended as unused`() async throws {
        let rig = try await rig()
        rig.settings.policy.defaults.newGrantGrace = .zero
        rig.settings.policy.defaults.idleAfter = .days(3)
        try await rig.ingest(#"{"feed":"gateway","observed_from":"2026-01-01T00:00:00Z"}"#)
        try await rig.ingest(
            #"{"feed":"gateway","at":"2026-11-23T00:00:00Z","client":"portal","subject":"u-1"}"#,
            #"{"feed":"gateway","observed_until":"2026-11-23T23:00:00Z"}"#
        )
        _ = try await imported(rig, #","subject":"u-1","refresh_token":"rt-g-2""#)
        try await rig.rotate()
        #expect(try await rig.grant("g-2")?.grant.standing == .active)
    }
}

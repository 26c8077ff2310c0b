import Grants
import RotationWorker
import SQLiteStore
import Testing

/// What a second record of a grant changes.
@Suite struct MergeTests {
    @Test func `the same file twice leaves grants that share a token in one family`() async throws {
        let rig = try await Rig()
        let lines = ["g-1", "g-2"].map { grantLine($0, #","family":null,"access_token":"at-shared""#) }
        for _ in 0..<3 {
            _ = try await rig.importing(lines[0], lines[1])
            let (first, second) = (try await rig.grant("g-1")?.grant.family, try await rig.grant("g-2")?.grant.family)
            #expect(first != nil && first == second)
            rig.clock.advance(by: .hours(1))
        }
    }

    @Test(arguments: ["null", #""other""#])
    func `grants that share a token stay one family when a record names another or none`(family: String) async throws {
        let rig = try await Rig()
        func line(_ id: String, _ family: String) -> String {
            grantLine(id, #","family":\#(family),"access_token":"at-shared""#)
        }
        _ = try await rig.importing(line("g-1", #""named""#), line("g-2", #""named""#))
        rig.clock.advance(by: .hours(1))
        _ = try await rig.importing(line("g-1", family))
        let (first, second) = (try await rig.grant("g-1")?.grant.family, try await rig.grant("g-2")?.grant.family)
        #expect(first != nil && first == second)
    }

    enum Undone: CaseIterable, Sendable { case revoking, stuck }

    @Test(arguments: Undone.allCases)
    func `a new consent waits until the old one's end is carried out`(undone: Undone) async throws {
        let rig = try await Rig()
        try await rig.add([idleGrant("g-1")])
        try await rig.rotate()
        if undone == .stuck {
            rig.provider.answerRevocations(.refused(why: "request", detail: "400"))
            _ = try await rig.revoke()
            rig.provider.answerRevocations(.accepted)
        }
        func line(issued: Timestamp) -> String {
            grantLine("g-1", #","refresh_token":"rt-\#(issued)""#, issued: issued)
        }
        rig.clock.advance(by: .days(2))
        let early = try await rig.importing(line(issued: start + .days(1)))
        #expect(early.ended == 1)
        var tokens = try await rig.tokens("g-1")
        #expect(tokens == [.refreshToken: Secret("rt-g-1")])
        _ = try await rig.revoke()
        let ended = try await rig.grant("g-1")?.grant.standing
        #expect(ended == .expired && rig.provider.revoked == [Secret("rt-g-1")])
        rig.clock.advance(by: .days(1))
        let later = try await rig.importing(line(issued: rig.clock.now()))
        #expect(later.renewed == 1)
        let grant = try await rig.grant("g-1")?.grant
        tokens = try await rig.tokens("g-1")
        #expect(grant?.standing == .active && grant?.issuedAt == rig.clock.now())
        #expect(tokens == [.refreshToken: Secret("rt-\(rig.clock.now())")])
    }

    @Test(arguments: ["", #","x_exported_at":"\#(start - .days(1))""#])
    func `a recorded use after the loss zeroes the count and is told`(more: String) async throws {
        let rig = try await Rig()
        try await rig.add([idleGrant("g-1", idle: 1)])
        rig.provider.forget("g-1")
        _ = try await rig.revalidate()
        let lost = try await rig.grant("g-1")?.grant.validity
        #expect(lost?.inactiveCount == 1)
        rig.clock.advance(by: .hours(1))
        let before = try await rig.store.read { try $0.journalHead().seq }
        _ = try await rig.importing(grantLine("g-1", #","last_used_at":"\#(start + .minutes(30))"\#(more)"#))
        let validity = try await rig.grant("g-1")?.grant.validity
        #expect(validity?.inactiveCount == 0 && validity?.inactiveSince == nil)
        let events = try await rig.events(after: before)
        #expect(events == ["grant.token_stale"])
    }

    @Test func `null clears an access token's end, and an older file brings no older one back`() async throws {
        let rig = try await Rig()
        func end(after member: String) async throws -> String? {
            _ = try await rig.importing(grantLine("g-1", #","refresh_token":"rt-1"\#(member)"#))
            return try await rig.grant("g-1")?.grant.accessTokenExpiresAt?.description
        }
        func told(_ day: Int) -> String { #","access_token_expires_at":"2026-12-\#(day)T00:00:00Z""# }
        #expect(try await end(after: told(20)) == "2026-12-20T00:00:00Z")
        #expect(try await end(after: told(10)) == "2026-12-20T00:00:00Z")
        #expect(try await end(after: "") == "2026-12-20T00:00:00Z")
        #expect(try await end(after: told(30)) == "2026-12-30T00:00:00Z")
        #expect(try await end(after: #","access_token_expires_at":null"#) == nil)
        #expect(try await end(after: "") == nil)
        #expect(try await end(after: told(10)) == "2026-12-10T00:00:00Z")
    }
}

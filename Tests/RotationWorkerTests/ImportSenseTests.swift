import Grants
import Records
import RotationWorker
import SQLiteStore
import Testing

/// What an import refuses because it cannot be meant so.
@Suite struct ImportSenseTests {
    @Test(arguments: [
        #","expires_at":"0001-01-01T00:00:00Z""#, #","expires_at":"1970-01-01T00:00:00Z""#,
        #","expires_at":"2001-01-01T00:00:00Z""#, #","last_used_at":"1970-01-01T00:00:00Z""#,
        #","access_token_expires_at":"2009-12-31T23:59:59Z""#, #","refresh_token_expires_at":"0001-01-01T00:00:00Z""#,
        #","observed_from":"0001-01-01T00:00:00Z""#, #","observed_until":"1970-01-01T00:00:00Z""#,
        // Before issued_at, which is 2026-05-08.
        #","expires_at":"2026-05-01T00:00:00Z""#, #","last_used_at":"2026-05-01T00:00:00Z""#,
        #","access_token_expires_at":"2026-05-01T00:00:00Z""#, #","refresh_token_expires_at":"2026-05-01T00:00:00Z""#,
        #","observed_until":"2026-05-01T00:00:00Z""#,
    ])
    func `an instant that programs write for never, or one before issued_at, is refused with its member`(more: String)
        async throws
    {
        let rig = try await Rig()
        let report = try await rig.importing(grantLine("g-1", more, issued: start - .days(200)))
        #expect(!report.isImported && report.bad == 1)
        let problem = try #require(report.problems.first)
        #expect(problem.member.map { more.contains($0) } == true && problem.line == 1, "\(problem)")
        #expect(problem.hint?.contains("null") == true)
    }

    @Test func `the same member as null is taken, and observation may begin before the grant`() async throws {
        let rig = try await Rig()
        let more = #","expires_at":null,"last_used_at":null,"observed_from":"2026-01-01T00:00:00Z""#
        #expect(try await rig.importing(grantLine("g-1", more, issued: start - .days(200))).added == 1)
    }

    @Test(arguments: [(20, 11, true), (20, 10, false), (19, 19, false)] as [(Int, Int, Bool)])
    func `a file whose grants mostly end within a day is refused, unless it is meant so`(
        records: Int,
        short: Int,
        isRefused: Bool
    ) async throws {
        let issued = start - .days(200)
        let lines = (0..<records).map { number in
            let end = issued + (number < short ? .hours(1) : .days(365))
            return grantLine("g-\(number)", #","expires_at":"\#(end)""#, issued: issued)
        }
        let rig = try await Rig()
        let report = try await rig.importing(lines.joined(separator: "\n"))
        #expect(report.isImported != isRefused && report.looksShortLived == isRefused)
        let meant = try await rig.importing(lines.joined(separator: "\n"), takesShortLived: true)
        #expect(meant.isImported)
    }

    @Test(arguments: [("tenant", "acme"), ("client", "portal"), ("provider", "idp")])
    func `a name that is not NFC, or has what cannot be seen, is refused`(member: String, name: String) async throws {
        for odd in ["Mu\u{308}ller", "a\u{200B}b", "a\u{202E}b", "\u{212A}"] {
            let rig = try await Rig()
            let line = grantLine("g-1").replacing(#""\#(member)":"\#(name)""#, with: #""\#(member)":"\#(odd)""#)
            let report = try await rig.importing(line)
            #expect(report.bad == 1 && report.problems.first?.member == member, "\(odd.spelled)")
        }
    }

    @Test func `a subject, an id and a family are taken as they come, and warned of`() async throws {
        let rig = try await Rig()
        let report = try await rig.importing(
            grantLine("u\u{308}"),
            grantLine("g-2", #","subject":"u\#u{308}""#),
            grantLine("g-3", #","family":"u\#u{308}""#),
            grantLine("\u{FC}")
        )
        #expect(report.added == 4 && report.unnormalized == 3)
        let unfit = try await rig.store.read { try $0.unfitNames(limit: 10) }
        #expect(unfit.map(\.kind) == [.subject, .grant] && unfit.map(\.hasTwin) == [false, true])
        let twins = try await rig.store.read { try $0.lookAlikes(of: "\u{FC}", kind: .grant) }
        #expect(twins.map(\.spelled) == [#"u\xCC\x88"#])
    }

    @Test func `a name that looks like one of an older version's in the store is refused`() async throws {
        let rig = try await Rig()
        try await rig.add([idleGrant("g-1") { $0.tenant = "Mu\u{308}ller" }])
        let line = grantLine("g-2").replacing(#""tenant":"acme""#, with: #""tenant":"M\#u{FC}ller""#)
        let report = try await rig.importing(line)
        #expect(report.bad == 1 && report.problems.first?.message.contains(#"Mu\xCC\x88ller"#) == true)
    }

    @Test func `two tenants that look the same are two in the store`() async throws {
        let rig = try await Rig()
        let names: [TenantID] = ["Mu\u{308}ller", "M\u{FC}ller"]
        try await rig.add(names.enumerated().map { number, name in idleGrant("g-\(number)") { $0.tenant = name } })
        let counts = try await rig.store.read { reading in
            try names.map { try reading.count(.all, in: GrantSelection(tenant: $0)) }
        }
        #expect(counts == [1, 1])
    }

    @Test(arguments: [
        (#"[{"id":"g-1"}]"#, "jq -c '.[]'"), (#"{"id":17}"#, "quotes"), (#"{"scope":"a b"}"#, "scopes"),
    ])
    func `an export of another shape is refused with what to do`(line: String, hint: String) async throws {
        let report = try await Rig().importing(line)
        #expect(report.problems.first?.hint?.contains(hint) == true, "\(report.problems)")
    }

    @Test(arguments: [
        (#""provider":"idp""#, #""provider":"secret-token-1""#), ("{", #"{"eyJ0-secret-token-1234":1,"#),
    ])
    func `a token in the wrong place is not repeated in the error`(part: String, token: String) async throws {
        let report = try await Rig().importing(grantLine("g-1").replacing(part, with: token))
        #expect(report.bad == 1 && !"\(report.problems)".contains("secret"))
    }

    @Test func `records of our own client, and scopes that look like several, are counted`() async throws {
        let rig = try await Rig()
        let own = rig.provider.settings.client.id
        let report = try await rig.importing(
            grantLine("g-1").replacing(#""client":"portal""#, with: #""client":"\#(own)""#),
            grantLine("g-2").replacing(#""scopes":["#, with: #""scopes":["a,b","#)
        )
        #expect(report.shielded == 1 && report.joinedScopes == 1 && report.added == 2)
    }
}

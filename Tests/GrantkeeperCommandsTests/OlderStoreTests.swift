import FoundationEssentials
import GRDB
import Grants
import GrantsTestSupport
import Testing

/// A store that version `7-holdings` left: with names that only look different, ends that mean "never", a held plan and
/// an order by hand that its provider had not answered.
@Suite("A store of an older version", .serialized)
struct OlderStoreTests {
    private func withOlderStore(_ body: (Scenario) async throws -> Void) async throws {
        let setup: (inout Setup) -> Void = { setup in
            setup.tenants = ["acme", "M\u{FC}ller"]
            setup.introspects = "access_token, refresh_token"
        }
        try await withScenario(setup) { scenario in
            let folders = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2)
            let dump = folders.joined(separator: "/") + "/Corpora/store-of-version-7.sql"
            let sql = try String(contentsOfFile: dump, encoding: .utf8)
            let database = try DatabaseQueue(path: scenario.path("grants.sqlite"))
            try await database.writeWithoutTransaction { try $0.execute(sql: sql) }
            try database.close()
            // It was left at 04:45 on the first of December.
            scenario.advance(.days(182) + .hours(21))
            try await body(scenario)
        }
    }

    @Test func `is read by nobody before it is migrated, and then has all that it had`() async throws {
        try await withOlderStore { scenario in
            let refused = await scenario.run("grants", "list")
            #expect(refused.status == 78 && refused.errors.contains("doctor --migrate"))
            let doctor = await scenario.run("doctor", "--migrate")
            #expect(doctor.output.contains("of this version"))
            #expect(doctor.output.contains(#"the tenant 'Mu\xCC\x88ller' looks the same as another"#))
            #expect(doctor.output.contains(#"the tenant 'M\xC3\xBCller' looks the same as another"#))
            let verified = try await scenario.run("audit", "verify", "--json").json
            #expect(verified.int("entries") == 28)
            #expect(try await scenario.run("grants", "list", "--all", "--json").lines.count == 26)
        }
    }

    @Test func `holds no plan that another version may have judged otherwise`() async throws {
        try await withOlderStore { scenario in
            _ = await scenario.run("doctor", "--migrate")
            let held = try await scenario.run("status", "--json").json.objects("held_plans")
            let hash = try #require(held.first?.text("hash"))
            let approved = await scenario.run("runs", "approve", hash, "--reason", "the quarter is over")
            #expect(approved.status == 65)
            #expect(approved.errors.contains("held by an older version of grantkeeper"))
            let whys = try await scenario.rotate().objects("held").compactMap { $0.text("why") }
            // Its tokens are known to no server any more, which is a surge of its own.
            #expect(whys == ["valve-share", "surge"])
        }
    }

    @Test func `ends nothing by an instant that means never, or that a later use contradicts, and lists it`()
        async throws
    {
        try await withOlderStore { scenario in
            let report = try await scenario.rotate()
            #expect(report.int("notes.implausible") == 3)
            #expect(report.int("notes.contradicted") == 1)
            #expect(report.int("counts.end") == 13)
            // The order by hand, and nothing by a rule.
            #expect(report.numbers("ended") == ["expired": 0, "revoked": 1])
            let lines = try await scenario.run("grants", "list", "--all", "--json").lines
            let noted = lines.filter { $0.texts("notes").contains("implausible") }
            #expect(noted.compactMap { $0.text("id") } == ["never-0", "never-1", "never-2"])
        }
    }

    @Test func `has its order by hand heed a freeze that is given later`() async throws {
        try await withOlderStore { scenario in
            _ = await scenario.run("doctor", "--migrate")
            #expect(await scenario.run("freeze", "--reason", "an incident").status == 0)
            let report = try await scenario.rotate()
            #expect(report.bool("frozen") == true && report.numbers("ended") == ["expired": 0, "revoked": 0])
            let shown = try await scenario.run("grants", "show", "left", "--json").json
            #expect(shown.text("standing") == "revoking")
        }
    }

    @Test func `has a selection tell by their bytes the names that it does not cover`() async throws {
        try await withOlderStore { scenario in
            _ = await scenario.run("doctor", "--migrate")
            let contained = await scenario.run("contain", "--supplier", "M\u{FC}ller", "--reason", "left", "--dry-run")
            #expect(contained.status == 2)
            #expect(contained.errors.contains(#"'Mu\xCC\x88ller': 1 grant"#))
        }
    }
}

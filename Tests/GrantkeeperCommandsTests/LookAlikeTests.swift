import Grants
import Records
import Testing

@Suite("Names that only look the same", .serialized)
struct LookAlikeTests {
    @Test(arguments: [["revoke", "\u{FC}", "--reason", "left", "--dry-run"], ["grants", "show", "\u{FC}"]])
    func `who names a grant is told of another that only looks the same, by its bytes`(command: [String]) async throws {
        try await withScenario { scenario in
            let lines = [GrantSpec.used("u\u{308}"), .used("\u{FC}")].map { $0.record(nil, now: scenario.now) }
            let imported = try await scenario.importing(lines)
            #expect(imported.status == 2)
            #expect(try imported.json.int("unnormalized") == 1)
            let outcome = await scenario.run(command)
            #expect(outcome.status == 2)
            #expect(outcome.errors.contains(#"u\xCC\x88"#), "\(outcome.errors)")
            let doctor = await scenario.run("doctor")
            #expect(doctor.output.contains(#"the grant 'u\xCC\x88' looks the same as another"#))
        }
    }
}

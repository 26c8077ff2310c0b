import Records
import Testing

@Suite("What the scenarios themselves do", .serialized)
struct HarnessTests {
    @Test func `a grant is issued, imported, asked about and kept`() async throws {
        try await withScenario { scenario in
            try await scenario.grants([.used("g-1"), .used("g-2")])
            let report = try await scenario.rotate(statuses: [0])
            #expect(report.numbers("verdicts") == ["active": 2, "inactive": 0, "unknown": 0])
            #expect(report.int("standings.active") == 2)
            #expect(try await scenario.show("g-1").text("last_verdict") == "active")
        }
    }

    @Test func `a token is found wherever it stands`() {
        let token = "at_" + String(repeating: "Az0_", count: 8)
        #expect(TokenSearch.finds(in: Array("…\(token)".utf8)))
        #expect(TokenSearch.finds(in: Array(#"{"x":"\#(token)"}"#.utf8)))
        #expect(!TokenSearch.finds(in: Array("last_used_at_and_what_else_there_may_be".utf8)))
    }
}

import Grants
import Records
import Testing

@Suite("A grant that the provider has ended", .serialized)
struct GoneAtProviderTests {
    @Test func `is ended after the confirmations, and not before`() async throws {
        try await withScenario { scenario in
            try await scenario.grants((1...10).map { .used("g-\($0)") })
            try await scenario.rotate(statuses: [0])
            try await scenario.revokeAtServer("g-1")
            scenario.advance(.hours(25))
            let first = try await scenario.rotate()
            #expect(first.int("verdicts.inactive") == 1)
            scenario.advance(.minutes(1))
            let early = try await scenario.rotate()
            #expect(early.int("verdicts.inactive") == 0)
            #expect(early.int("ended.revoked") == 0)
            scenario.advance(.minutes(20))
            let second = try await scenario.rotate()
            #expect(second.int("verdicts.inactive") == 1)
            #expect(second.int("ended.revoked") == 0)
            scenario.advance(.minutes(1))
            let third = try await scenario.rotate(statuses: [0])
            #expect(third.int("ended.revoked") == 1)
            #expect(third.numbers("rules")["gone-at-provider"] == 1)
            let grant = try await scenario.show("g-1")
            #expect(grant.text("standing") == "revoked")
            #expect(grant.text("proof") == "observed")
            #expect(try await scenario.events("grant.revoked").compactMap { $0.text("grant") } == ["g-1"])
            #expect(try await scenario.standings() == ["active": 9, "revoked": 1])
        }
    }

    @Test func `is not believed where refresh tokens rotate, until the feed is read a day past it`() async throws {
        try await withScenario {
            $0.rotatesRefreshTokens = true
            $0.feeds = [Setup.gateway]
        } _: { scenario in
            try await scenario.grants((1...10).map { .used("g-\($0)") })
            try await scenario.ingest(["g-2"], observedUntil: scenario.now)
            try await scenario.rotate(statuses: [0])
            try await scenario.revokeAtServer("g-1")
            for _ in 1...4 {
                scenario.advance(.hours(25))
                let report = try await scenario.rotate()
                #expect(report.numbers("unknown") == ["may-be-rotated": 1])
                #expect(report.int("standings.active") == 10)
            }
            try await scenario.ingest(["g-2"], observedUntil: scenario.now)
            for _ in 1...3 {
                scenario.advance(.hours(7))
                try await scenario.rotate()
            }
            #expect(try await scenario.standings() == ["active": 9, "revoked": 1])
        }
    }

    @Test func `is one of too many at once, and waits for a person's approval`() async throws {
        try await withScenario { scenario in
            try await scenario.grants((1...40).map { .used("g-\($0)") })
            try await scenario.rotate(statuses: [0])
            for id in 1...8 { try await scenario.revokeAtServer("g-\(id)") }
            scenario.advance(.hours(25))
            var hash = ""
            for _ in 1...4 {
                let report = try await scenario.rotate(statuses: [2])
                #expect(report.int("standings.active") == 40)
                #expect(report.objects("held_providers").compactMap { $0.text("why") } == ["surge"])
                let held = report.objects("held").filter { $0.text("why") == "surge" }
                #expect(held.compactMap { $0.int("would_end") } == [8])
                hash = held.first?.text("hash") ?? hash
                scenario.advance(.hours(25))
            }
            let approval = await scenario.run("runs", "approve", hash, "--reason", "they left", "--json")
            #expect(approval.status == 0)
            for _ in 1...3 {
                try await scenario.rotate()
                scenario.advance(.minutes(20))
            }
            #expect(try await scenario.standings() == ["active": 32, "revoked": 8])
            #expect(try await scenario.events("run.approved").count == 1)
        }
    }
}

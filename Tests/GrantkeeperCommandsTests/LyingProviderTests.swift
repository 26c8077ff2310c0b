import Grants
import Records
import Sandbox
import Testing

/// What a provider may say or do that says nothing about a grant.
struct Lie: CustomTestStringConvertible, Sendable {
    var fault: String
    var timeout = "5s"

    var testDescription: String { fault }

    static let all: [Lie] =
        ["string", "null", "missing", "number"].map { Lie(fault: #"{"active_as":"\#($0)"}"#) }
        + [500, 503, 429, 403, 401, 302].map { Lie(fault: #"{"status":\#($0)}"#) }
        + ["html", "too_large", "truncated_json", "duplicate_member", "bom"].map { Lie(fault: #"{"\#($0)":true}"#) }
        + ["all", "all_but_own_client", "refresh_tokens"].map { Lie(fault: #"{"inactive":"\#($0)"}"#) }
        + [1, 4, 8, 13, 20].map { Lie(fault: #"{"inactive":{"from_answer":\#($0)}}"#) }
        + [
            Lie(fault: #"{"inactive":{"at_random_percent":30}}"#),
            Lie(fault: #"{"date_skew_seconds":3600,"inactive":"refresh_tokens"}"#),
            Lie(fault: #"{"date_skew_seconds":-3600}"#),
            Lie(fault: #"{"hang":true}"#, timeout: "400ms"),
            Lie(fault: #"{"status":503,"endpoints":["metadata","token","introspect"]}"#),
        ]
}

@Suite("A provider that lies ends nothing", .serialized)
struct LyingProviderTests {
    /// Few enough that no surge is noticed.
    static let specs =
        (1...3).map { GrantSpec.used("r-\($0)") }
        + (1...2).map { GrantSpec.used("a-\($0)") { $0.hasRefreshToken = false } }

    @Test(arguments: Lie.all)
    func `from the very first run on, beside a foreign canary`(lie: Lie) async throws {
        try await lies(lie, canaries: .foreign, isHealthyFirst: false)
    }

    @Test(arguments: Lie.all)
    func `from the very first run on, beside our own canary only`(lie: Lie) async throws {
        try await lies(lie, canaries: .own, isHealthyFirst: false)
    }

    @Test(arguments: Lie.all)
    func `after a healthy run, beside a foreign canary`(lie: Lie) async throws {
        try await lies(lie, canaries: .foreign, isHealthyFirst: true)
    }

    @Test(arguments: Lie.all)
    func `after a healthy run, beside our own canary only`(lie: Lie) async throws {
        try await lies(lie, canaries: .own, isHealthyFirst: true)
    }

    private func lies(_ lie: Lie, canaries: Setup.Canaries, isHealthyFirst: Bool) async throws {
        try await withScenario {
            $0.canaries = canaries
            $0.timeout = lie.timeout
            $0.sandbox.seed = 7
        } _: { scenario in
            try await scenario.grants(Self.specs)
            if isHealthyFirst {
                try await scenario.rotate()
                scenario.advance(.hours(25))
            }
            try await scenario.sandbox.fail(lie.fault)
            var reasons: Set<String> = []
            for run in 1...6 {
                let report = try await scenario.rotate(statuses: [0, 2, 69])
                expectNothingEnded(report, "run \(run)")
                reasons.formUnion(Self.reasons(report))
                scenario.advance(run.isMultiple(of: 2) ? .hours(25) : .minutes(20))
            }
            #expect(!reasons.isEmpty, "no run says why it believes nothing")
            try await scenario.sandbox.heal()
            var last = JSONObject()
            for run in 1...6 {
                last = try await scenario.rotate()
                expectNothingEnded(last, "healed run \(run)")
                scenario.advance(run.isMultiple(of: 2) ? .minutes(20) : .hours(25))
            }
            #expect(last.objects("held_providers").isEmpty)
            for spec in Self.specs {
                let grant = try await scenario.show(spec.id)
                #expect(grant.int("inactive_count") == 0)
                #expect(grant.text("last_verdict") == "active")
            }
        }
    }

    private func expectNothingEnded(
        _ report: JSONObject,
        _ run: String,
        at location: SourceLocation = #_sourceLocation
    ) {
        #expect(report.int("ended.expired") == 0, "\(run)", sourceLocation: location)
        #expect(report.int("ended.revoked") == 0, "\(run)", sourceLocation: location)
        #expect(report.int("standings.active") == Self.specs.count, "\(run)", sourceLocation: location)
    }

    private static func reasons(_ report: JSONObject) -> Set<String> {
        Set(report.numbers("unknown").keys)
            .union((report.objects("held_providers") + report.objects("unreachable")).compactMap { $0.text("why") })
    }
}

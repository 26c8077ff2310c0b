import Glibc
import Testing

@testable import oracle

/// Worlds of true events through the real jobs, the real client and SQLite, for the order of things.
@Suite struct StoreOracleTests {
    /// How many days of each world are played.
    private static let days = 50

    /// What a campaign of 2,000 world-days has to have seen, beside every disturbance: what never happens proves nothing.
    private static let kinds = [
        "ended by unused", "ended by gone-at-provider", "ended by lifetime", "ended by expired",
        "ended by out-of-policy", "ended by superseded", "ends that rest on the clock", "noticed", "quarantined",
        "approved", "exempted", "new lives", "resurfaced", "feed moved", "feed stale", "feed accepted", "refused files",
        "unmapped lines", "held: frozen", "held: no-date", "held: provider-held", "held: surge", "held: valve-share",
        "queue stopped: frozen", "queue stopped: hold", "revocations at the server",
    ]
    /// What any campaign has to have seen.
    private static let core = ["noticed", "feed moved", "held: frozen", "revocations at the server"]

    @Test func `in worlds of true events the real jobs end nothing too early, and nothing ahead of a look`()
        async throws
    {
        let seed = UInt64(Self.number("STORE_SEED") ?? 1)
        let worldDays = Self.number("STORE_DAYS") ?? 400
        let only = Self.number("STORE_WORLD")
        print("seed \(seed)")
        let numbers = only.map { [$0] } ?? Array(0..<(worldDays + Self.days - 1) / Self.days)
        var seen: [String: Int] = [:]
        for outcome in try await Self.outcomes(of: numbers, seed) {
            for (name, count) in outcome.seen { seen[name, default: 0] += count }
            guard let failure = outcome.failure else { continue }
            for line in outcome.transcript { print(line) }
            Issue.record("world \(outcome.number) of seed \(seed): \(failure)")
        }
        print("\(numbers.count) worlds, \(numbers.count * Self.days) world-days")
        for (name, count) in seen.sorted(by: { $0.key < $1.key }) { print("\(name): \(count)") }
        guard only == nil else { return }
        let drawn = Disturbance.allCases.map(\.rawValue)
        let missing = (worldDays < 2_000 ? Self.core : Self.kinds + drawn).filter { seen[$0] == nil }
        #expect(missing.isEmpty, "never seen")
    }

    /// What came of a world.
    private struct Outcome: Sendable {
        let number: Int
        let seen: [String: Int]
        let failure: String?
        /// Of a world that went wrong, the last lines.
        let transcript: [String]
    }

    /// Some worlds at once: each waits for its own store most of the time.
    private static func outcomes(of numbers: [Int], _ seed: UInt64) async throws -> [Outcome] {
        try await withThrowingTaskGroup(of: Outcome.self) { group in
            var (waiting, outcomes) = (numbers[...], [Outcome]())
            func begin() {
                guard let number = waiting.popFirst() else { return }
                group.addTask { try await outcome(of: number, seed) }
            }
            for _ in 0..<4 { begin() }
            while let outcome = try await group.next() {
                outcomes.append(outcome)
                begin()
            }
            return outcomes.sorted { $0.number < $1.number }
        }
    }

    private static func outcome(of number: Int, _ seed: UInt64) async throws -> Outcome {
        let world = World.short(seed: seed, number: number, days: days)
        var worker = try await StoreWorker(world)
        try await worker.play()
        let failure = worker.watch.failure
        let isShown = failure != nil || Self.number("STORE_WORLD") != nil
        let lines = worker.watch.transcript.suffix(isShown ? 120 : 0).map { "\(Core.time($0)) \($1)" }
        return Outcome(
            number: number,
            seen: worker.watch.with { $0.seen },
            failure: failure,
            transcript: isShown ? lines + ["\(world)"] : []
        )
    }

    private static func number(_ name: String) -> Int? {
        getenv(name).flatMap { Int(String(cString: $0)) }
    }
}

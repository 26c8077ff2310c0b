import Grants
import GrantsTestSupport
import SQLiteStore
import Testing

@testable import RotationWorker

/// Verdicts stored by what a grant was when it was asked about, against those stored by what it is now.
@Suite(.timeLimit(.minutes(15))) struct KeptActiveTests {
    /// All that a batch can change.
    struct Outcome: Equatable {
        var grants: [String] = []
        var pending: [PendingVerdict] = []
        var counts: [String] = []
        var events: [String] = []
        var verdicts: [String] = []
    }

    private static let count = 60

    @Test(arguments: 0..<24)
    func `what is stored without reading again is what reading again would store`(seed: Int) async throws {
        let (anew, none) = try await Self.outcome(of: seed, readsAgain: true)
        let (kept, count) = try await Self.outcome(of: seed, readsAgain: false)
        #expect(kept == anew, "seed \(seed)")
        #expect(none == 0 && kept.grants.count == Self.count)
        // Some were kept, and some were not: both ways are compared.
        #expect(Self.believesAnything(seed) ? count == 0 : (1..<Self.count).contains(count), "seed \(seed)")
    }

    /// Its "active" says nothing then.
    private static func believesAnything(_ seed: Int) -> Bool { seed % 8 == 7 }

    /// A batch of grants, read, changed by others, and answered, all by the seed; and how many were not read again.
    private static func outcome(of seed: Int, readsAgain: Bool) async throws -> (Outcome, kept: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        let rig = try await Rig()
        rig.settings.tenants.append(TenantSettings(id: "other", party: .partner))
        rig.settings.policy.overrides = [
            every(.hours(5)) { $0.role = "reader" }, every(.hours(7)) { $0.environment = "test" },
            every(.hours(9)) { $0.tenant = "other" },
        ]
        try await add(to: rig, &random)
        let asked = try await rig.store.read {
            try $0.page(.live, in: GrantSelection(provider: "idp"), after: nil, limit: 1_000)
        }
        rig.clock.advance(by: [.zero, .milliseconds(1), .hours(3)].randomElement(using: &random) ?? .zero)
        for grant in asked where Int.random(in: 0..<3, using: &random) == 0 {
            let (change, now) = (random.next(), rig.clock.now())
            try await rig.store.write { try Self.change(grant, by: change, at: now, in: $0) }
        }
        var probe = ProviderProbe.Reading()
        for kind in TokenKind.allCases { probe.canaries[kind] = .healthy }
        probe.believesAnything = believesAnything(seed)
        let (isHeld, contradicted) = (Bool.random(using: &random), Int.random(in: 0..<4, using: &random) == 0)
        let answers = asked.map { grant in (kind(of: grant, &random), answer(to: grant, at: rig.clock.now(), &random)) }
        let (environment, reading) = (rig.environment, probe)
        let job = RevalidationJob(environment, scope: .grants(asked.map(\.grant.key)), run: 1, lock: nil) {
            ScriptedProvider.madeUp
        }
        let (report, kept) = try await rig.store.write { writing in
            let batch = try VerdictBatch(
                job: job,
                settings: environment.settings.providers[0],
                probe: reading,
                isHeld: isHeld,
                contradicted: contradicted,
                now: environment.clock.now(),
                writing
            )
            var (outcome, kept) = (VerdictBatch.Outcome(), 0)
            for (grant, (kind, answer)) in zip(asked, answers) {
                if !readsAgain, try batch.keepActive(grant, kind: kind, answer: answer, into: &outcome) {
                    kept += 1
                } else {
                    try batch.recordAnew(grant, kind: kind, silence: .noToken, answer: answer, into: &outcome)
                }
            }
            return (outcome.report, kept)
        }
        var outcome = Outcome()
        outcome.verdicts = ["\(report.active) \(report.inactive)"]
        outcome.verdicts += report.unknown.map { "\($0) \($1)" }.sorted() + report.lines.map { "\($0)" }
        (outcome.grants, outcome.pending, outcome.counts) = try await rig.store.read { reading in
            (
                try reading.page(.all, in: GrantSelection(), after: nil, limit: 1_000).map { "\($0)" },
                try reading.pendingVerdicts(of: "idp"),
                try reading.questionCounts(in: GrantSelection(), dueBy: start + .days(2)).map { "\($0)" }.sorted()
            )
        }
        outcome.events = try await rig.events()
        return (outcome, kept)
    }

    private static func every(_ duration: Duration, _ match: (inout PolicyMatch) -> Void) -> PolicyOverride {
        var of = PolicyMatch()
        match(&of)
        return PolicyOverride(match: of, changes: [.revalidateEvery(duration)], source: "here")
    }

    /// Grants of every sort; most were called active last.
    private static func add(to rig: Rig, _ random: inout SplitMix64) async throws {
        for number in 0..<count {
            let id = "g-\(100 + number)"
            let (role, environment) = (
                ["reader", nil].randomElement(using: &random), Int.random(in: 0..<4, using: &random)
            )
            let tenant: TenantID = Bool.random(using: &random) ? "acme" : "other"
            let end = [nil, start + .hours(1), start + .days(9)].randomElement(using: &random) ?? nil
            let grant = idleGrant(id, idle: Int64.random(in: 0...9, using: &random)) { grant in
                grant.tenant = tenant
                grant.role = role ?? nil
                grant.environment = environment == 0 ? "test" : nil
                grant.accessTokenExpiresAt = end
            }
            var tokens = [TokenKind.refreshToken: Secret("rt-\(id)"), .accessToken: Secret("at-\(id)")]
            switch Int.random(in: 0..<4, using: &random) {
            case 0: tokens[.refreshToken] = nil
            case 1: tokens[.accessToken] = nil
            default: break
            }
            let (family, state) = (Int.random(in: 0..<12, using: &random), Int.random(in: 0..<12, using: &random))
            let given = tokens
            try await rig.store.write { writing in
                var grant = grant
                if family < 3 { grant.family = try writing.family(named: "f-\(family)", at: "idp") }
                var stored = try writing.insert(grant, tokens: given, at: start)
                if state > 0 { stored.grant.validity.record(.active, at: start) }
                if state == 1 { stored.grant.validity.record(.inactive, at: start) }
                if state == 2 { stored.grant.validity.record(.unknown(.timeout), at: start) }
                if state == 3 { stored.grant.validity.inactiveSince = start }
                if state == 4 { stored.grant.standing = .noticed }
                stored.askAt = state == 5 ? nil : start + .hours(1)
                try writing.save(stored)
                if state == 6 { try writing.setPendingVerdicts([.init(row: stored.row, at: start, run: 1)], of: "idp") }
            }
        }
    }

    /// What somebody else does meanwhile, often in the very millisecond of what was read.
    private static func change(
        _ read: StoredGrant,
        by number: UInt64,
        at now: Timestamp,
        in writing: any StoreWriting
    ) throws {
        guard var other = try writing.grant(row: read.row) else { return }
        var isRecord = false
        switch number % 16 {
        case 0: other.grant.validity.record(.active, at: now)
        case 1: other.grant.validity.record(.inactive, at: now)
        case 2: other.grant.validity.record(.unknown(.timeout), at: now)
        case 3: other.grant.validity.forgetInactivity()
        case 4: other.grant.standing = other.grant.standing == .active ? .noticed : .active
        case 5: other.grant.standing = .revoking
        case 6: other.askAt = other.askAt == nil ? now : nil
        case 7: (other.askAt, other.dueAt) = (now + .hours(1), now + .hours(2))
        case 8: (isRecord, other.recordedAt) = (true, now)
        case 9: (isRecord, other.grant.role) = (true, other.grant.role == nil ? "reader" : nil)
        case 10: (isRecord, other.grant.environment) = (true, other.grant.environment == nil ? "test" : nil)
        case 11: (isRecord, other.grant.tenant) = (true, other.grant.tenant == "acme" ? "other" : "acme")
        case 12: (isRecord, other.grant.accessTokenExpiresAt) = (true, start + .minutes(30))
        case 13: try writing.setTokens([.refreshToken: nil, .accessToken: nil], of: other)
        case 14: try writing.setPendingVerdicts([.init(row: read.row, at: now, run: 1)], of: "idp")
        default: _ = try writing.noteUse(of: read.grant.key, at: now)
        }
        if isRecord {
            try writing.saveRecord(other)
        } else if number % 16 < 8 {
            try writing.save(other)
        }
    }

    private static func kind(of grant: StoredGrant, _ random: inout SplitMix64) -> TokenKind? {
        if Int.random(in: 0..<20, using: &random) == 0 { return nil }
        return grant.grant.holdsRefreshToken ? .refreshToken : .accessToken
    }

    private static func answer(
        to grant: StoredGrant,
        at now: Timestamp,
        _ random: inout SplitMix64
    ) -> IntrospectionAnswer? {
        switch Int.random(in: 0..<16, using: &random) {
        case 0: nil
        case 1: IntrospectionAnswer(.inactive)
        case 2: IntrospectionAnswer(.unknown(.serverError), detail: "it fails")
        case 3: IntrospectionAnswer(.active(TokenFacts(client: "another")))
        case 4: IntrospectionAnswer(.active(TokenFacts(client: "portal", expiresAt: now + .days(5))))
        case 5: IntrospectionAnswer(.active(TokenFacts(expiresAt: grant.grant.accessTokenExpiresAt)))
        default: IntrospectionAnswer(.active(TokenFacts(client: "portal")))
        }
    }
}

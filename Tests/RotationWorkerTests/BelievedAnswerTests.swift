import GRDB
import Glibc
import Grants
import GrantsTestSupport
import RotationWorker
import SQLiteStore
import Synchronization
import Testing

/// Which answers of a provider are believed, and what else may happen while it is asked.
@Suite struct BelievedAnswerTests {
    @Test(arguments: [
        (TokenFacts(expiresAt: start + .days(5)), start + .days(5)),
        (TokenFacts(expiresAt: start - .hours(1)), nil),
        (TokenFacts(expiresAt: start), nil),
        (TokenFacts(client: "another", expiresAt: start + .days(5)), nil),
    ])
    func `a token's end counts only from an active answer about it, and only in the future`(
        facts: TokenFacts,
        end: Timestamp?
    ) async throws {
        let rig = try await Rig()
        try await rig.add(idleGrant("g-1", idle: 1), tokens: [.accessToken: Secret("at-g-1")])
        rig.provider.answer { $0 == Secret("at-g-1") ? .active(facts) : nil }
        _ = try await rig.revalidate()
        let stored = try await rig.grant("g-1")
        #expect(stored?.grant.accessTokenExpiresAt == end)
        try await rig.rotate()
        let standing = try await rig.grant("g-1")?.grant.standing
        #expect(standing == .active)
    }

    @Test func `a provider that calls a made-up token active says nothing, and ends nothing`() async throws {
        let rig = try await Rig()
        try await rig.add(idleGrant("g-1", idle: 1), tokens: [.accessToken: Secret("at-g-1")])
        try await rig.add([idleGrant("g-2", idle: 1)])
        rig.provider.forget("g-2")
        rig.provider.answer { token in
            token == ScriptedProvider.madeUp || token == Secret("at-g-1")
                ? .active(TokenFacts(expiresAt: start + .hours(1))) : nil
        }
        for _ in 0..<3 {
            let report = try await rig.revalidate()
            #expect(report.active == 0 && report.inactive == 0 && report.unknown == [.canary: 2])
            rig.clock.advance(by: .hours(2))
            try await rig.rotate()
        }
        let (first, second) = (try await rig.grant("g-1")?.grant, try await rig.grant("g-2")?.grant)
        #expect(first?.accessTokenExpiresAt == nil && first?.validity.lastVerdict == nil)
        #expect(first?.standing == .active && second?.standing == .active && second?.validity.inactiveSince == nil)
    }

    enum Known: CaseIterable, Sendable { case canary, madeUp }

    @Test(arguments: Known.allCases)
    func `what is known and was answered wrong before the batch spoils it, however it is answered after`(
        known: Known
    ) async throws {
        let rig = try await Rig()
        try await rig.add([idleGrant("g-1", idle: 1)])
        rig.provider.forget("g-1")
        let asked = CountedQuestions()
        rig.provider.answer { token in
            switch known {
            case .canary where token == ScriptedProvider.canary: asked.next() == 1 ? .inactive : nil
            case .madeUp where token == ScriptedProvider.madeUp: asked.next() == 1 ? .active(TokenFacts()) : nil
            default: nil
            }
        }
        let report = try await rig.revalidate()
        #expect(report.inactive == 0 && report.unknown == [.canary: 1])
        let validity = try await rig.grant("g-1")?.grant.validity
        #expect(validity?.inactiveSince == nil)
        rig.clock.advance(by: .hours(1))
        let sound = try await rig.revalidate()
        #expect(sound.inactive == 1)
    }

    @Test func `a grant of our own client is no control for our own client's canary`() async throws {
        let rig = try await Rig()
        let mine = CanaryToken(kind: .refreshToken, isOwnClient: true, token: ScriptedProvider.canary)
        rig.provider.use([mine])
        try await rig.add([idleGrant("g-1", idle: 1), idleGrant("o-1", idle: 1) { $0.client = "grantkeeper" }])
        rig.provider.forget("g-1")
        for _ in 0..<3 {
            let report = try await rig.revalidate()
            #expect(report.active == 1 && report.unknown == [.noControl: 1])
            rig.clock.advance(by: .hours(1))
        }
        try await rig.add([idleGrant("k-1", idle: 1)])
        _ = try await rig.revalidate()
        rig.clock.advance(by: .hours(1))
        let controlled = try await rig.revalidate()
        #expect(controlled.inactive == 1)
        // Nobody else in the batch: the store knows one that was active last.
        rig.clock.advance(by: .hours(1))
        let alone = try await rig.revalidate(.grants([.init(provider: "idp", id: "g-1")]))
        #expect(alone.inactive == 1 && rig.provider.questions.last == Secret("rt-k-1"))
    }

    @Test func `an answer about a token that was replaced meanwhile counts for nothing`() async throws {
        let rig = try await Rig()
        try await rig.add([idleGrant("g-1", idle: 1)])
        rig.provider.forget("g-1")
        let asked = CountedQuestions()
        rig.folder.write(Array(grantLine("g-1", #","refresh_token":"rt-new""#).utf8), to: "new.ndjson")
        let (environment, clock, path) = (rig.environment, rig.clock, rig.folder.file("new.ndjson"))
        rig.provider.meanwhile { token in
            guard token == Secret("rt-g-1"), asked.next() == 1 else { return }
            clock.advance(by: .seconds(1))
            let file = open(path, O_RDONLY | O_CLOEXEC)
            defer { close(file) }
            _ = try? await GrantImport(environment, skipsBad: false).perform(descriptor: file, isFile: true)
        }
        let report = try await rig.revalidate()
        #expect(report.inactive == 0 && report.pending == 0)
        let (stored, pending) = (
            try await rig.grant("g-1"), try await rig.store.read { try $0.pendingVerdicts(of: "idp") }
        )
        #expect(stored?.grant.validity == Validity() && stored?.askAt == start + .seconds(1) && pending.isEmpty)
        let again = try await rig.revalidate(.due(GrantSelection()))
        #expect(again.active == 1)
    }

    @Test(arguments: Damage.allCases)
    func `a token that does not open keeps no other grant from being asked about`(damage: Damage) async throws {
        let rig = try await Rig()
        let rows = try await rig.add([idleGrant("g-1", idle: 1), idleGrant("g-2", idle: 1)])
        try rig.breakToken(of: rows[0], damage)
        let report = try await rig.revalidate()
        #expect(report.active == 1)
    }

    @Test func `a control grant whose token does not open stops no questions`() async throws {
        let rig = try await Rig()
        let rows = try await rig.add([idleGrant("g-1", idle: 1), idleGrant("g-2", idle: 1)])
        _ = try await rig.revalidate()
        try rig.breakToken(of: rows[0])
        rig.provider.forget("g-2")
        rig.provider.use([CanaryToken(kind: .refreshToken, isOwnClient: true, token: ScriptedProvider.canary)])
        let report = try await rig.revalidate()
        #expect(report.asked == 1 && report.unknown[.noControl] == 1)
    }

    @Test func `a shorter time between questions makes them due earlier`() async throws {
        let rig = try await Rig()
        try await rig.add([idleGrant("g-1", idle: 1)])
        _ = try await rig.revalidate(.due(GrantSelection()))
        try await rig.rotate(full: false)
        rig.settings.policy.defaults.revalidateEvery = .hours(1)
        try await rig.rotate(full: false)
        rig.clock.advance(by: .minutes(61))
        let report = try await rig.revalidate(.due(GrantSelection()))
        #expect(report.asked == 1 && report.active == 1)
    }
}

/// Numbers a provider's answers from 1.
final class CountedQuestions: Sendable {
    private let number = Atomic(0)
    func next() -> Int { number.add(1, ordering: .relaxed).newValue }
}

/// One line of a grant file that names what it must, issued a year ago, and what else is given.
func grantLine(_ id: String, _ more: String = "", issued: Timestamp = start - .days(365)) -> String {
    #"{"id":"\#(id)","provider":"idp","tenant":"acme","client":"portal","scopes":["ticket.read"],"#
        + #""issued_at":"\#(issued)"\#(more)}"#
}

/// How a sealed token stopped opening.
enum Damage: CaseIterable, Sendable { case form, content }

extension Rig {
    /// Damages the sealed tokens of a grant, as a bad disk would.
    func breakToken(of row: Int64, _ damage: Damage = .content) throws {
        let queue = try DatabaseQueue(path: folder.file("grants.sqlite"))
        try queue.write { db in
            let sealed = try String.fetchOne(db, sql: "SELECT hex(sealed) FROM tokens WHERE row = ?", arguments: [row])
            var digits = Array(try #require(sealed))
            let place =
                switch damage {
                case .form: 1
                case .content: digits.count - 1
                }
            digits[place] = digits[place] == "0" ? "7" : "0"
            try db.execute(sql: "UPDATE tokens SET sealed = x'\(String(digits))' WHERE row = ?", arguments: [row])
        }
    }
}

import Grants
import GrantsTestSupport
import Testing

@Suite struct HighWaterMarkTests {
    static let mark: HighWaterMark = {
        var mark = HighWaterMark(
            store: "0123456789abcdef0123456789abcdef",
            machine: "11111111111111111111111111111111",
            head: JournalPlace(seq: 150, hash: (0..<32).map { UInt8($0 * 7) }),
            checkpoint: 7,
            at: Timestamp(milliseconds: 1_780_300_800_123)
        )
        mark.finding = "the guard file was written on another machine"
        return mark
    }()

    @Test func `a mark is read as it was written`() throws {
        var mark = Self.mark
        #expect(try HighWaterMark(json: mark.json) == mark)
        mark.finding = nil
        mark.machine = ""
        mark.checkpoint = .max
        mark.head = JournalPlace(seq: 0, hash: [UInt8](repeating: 0, count: 32))
        #expect(try HighWaterMark(json: mark.json) == mark)
    }

    @Test func `a mark that is cut off anywhere is refused`() {
        let bytes = Self.mark.json
        for length in bytes.indices {
            #expect(throws: (any Error).self) { try HighWaterMark(json: Array(bytes[..<length])) }
        }
    }

    @Test func `a mark with one other byte is refused or another mark, and never traps`() {
        var generator = SplitMix64(seed: 3)
        let bytes = Self.mark.json
        for index in bytes.indices {
            var damaged = bytes
            damaged[index] ^= UInt8.random(in: 1...255, using: &generator)
            if let mark = try? HighWaterMark(json: damaged) { #expect(mark != Self.mark, "byte \(index)") }
        }
    }

    @Test(arguments: [
        ("\"format\":1", "\"format\":2"), ("\"seq\":150", "\"seq\":-1"), ("\"seq\":150", "\"seq\":0"),
        ("\"seq\":150", "\"seq\":1.5"), ("\"checkpoint\":7", "\"checkpoint\":4294967296"),
        ("\"checkpoint\":7", "\"checkpoint\":-1"), ("\"checkpoint\":7", "\"checkpoint\":\"7\""),
        ("\"hash\":\"0007", "\"hash\":\"00"), ("\"hash\":\"0007", "\"hash\":\"000G"),
        ("2026-", "2026-13-"), ("\"machine\"", "\"engine\""), ("{", "{\"x\":1,"),
        ("\"store\":\"0123456789abcdef0123456789abcdef\"", "\"store\":\"\""), ("}", "} {}"), ("}", ",\"seq\":150}"),
    ])
    func `a mark that says something else is refused`(part: String, other: String) {
        let text = String(decoding: Self.mark.json, as: UTF8.self)
        let changed = text.replacing(part, with: other)
        #expect(changed != text)
        #expect(throws: (any Error).self) { try HighWaterMark(json: Array(changed.utf8)) }
    }
}

@Suite struct RestoreGuardTests {
    private static let now = Timestamp(milliseconds: 1_780_300_800_000)

    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var finding: RestoreGuard.Finding?
        var change: @Sendable (inout HighWaterMark, inout RestoreGuard.State, inout String) -> Void

        init(
            _ name: String,
            _ finding: RestoreGuard.Finding?,
            _ change: @escaping @Sendable (inout HighWaterMark, inout RestoreGuard.State, inout String) -> Void
        ) {
            testDescription = name
            self.finding = finding
            self.change = change
        }
    }

    @Test(arguments: [
        Case("as it was left", nil) { _, _, _ in },
        Case("gone on since", nil) { _, store, _ in
            store.head.seq = 200
            store.checkpoint = 9
        },
        Case("without a machine's id", nil) { mark, _, machine in
            mark.machine = ""
            machine = ""
        },
        Case("another store", .otherStore) { _, store, _ in store.store = "b" },
        Case("a store without a name", .otherStore) { _, store, _ in store.store = nil },
        Case("another machine", .otherMachine) { _, _, machine in machine = "2" },
        Case("a machine that lost its id", .otherMachine) { _, _, machine in machine = "" },
        Case("a machine that got one", .otherMachine) { mark, _, _ in mark.machine = "" },
        Case("an entry that is not there", .entryMissing(150)) { _, store, _ in store.hashAtMark = nil },
        Case("another entry there", .otherEntry(150)) { _, store, _ in store.hashAtMark?[31] ^= 1 },
        Case("an older file", .olderFile(6, expected: 7)) { _, store, _ in store.checkpoint = 6 },
        Case("no file", .olderFile(0, expected: 7)) { _, store, _ in store.checkpoint = nil },
        Case("a file past 2^31 checkpoints", nil) { mark, store, _ in
            mark.checkpoint = 0x7FFF_FFFF
            store.checkpoint = 0x8000_0000
        },
        Case("a clock that NTP set back", nil) { mark, _, _ in mark.at = now + .minutes(5) },
        Case("a clock behind", .clockBehind(now + .milliseconds(300_001))) { mark, _, _ in
            mark.at = now + .milliseconds(300_001)
        },
        Case("a week of silence", nil) { mark, _, _ in mark.at = now - .days(7) },
        Case("more than a week", .longSilence(now - .milliseconds(604_800_001))) { mark, _, _ in
            mark.at = now - .milliseconds(604_800_001)
        },
        Case("found before", .foundBefore("why")) { mark, _, _ in mark.finding = "why" },
    ])
    func `each difference is found, and nothing else is`(example: Case) {
        var mark = HighWaterMark(
            store: "a",
            machine: "1",
            head: JournalPlace(seq: 150, hash: [UInt8](repeating: 5, count: 32)),
            checkpoint: 7,
            at: Self.now
        )
        var store = RestoreGuard.State(store: "a", hasRuns: true, head: mark.head)
        store.hashAtMark = mark.head.hash
        store.checkpoint = 7
        var machine = "1"
        example.change(&mark, &store, &machine)
        let findings = RestoreGuard.judge(mark: .mark(mark), store: store, machine: machine, now: Self.now)
        #expect(findings == [example.finding].compactMap { $0 })
    }

    @Test func `a missing file means something only once there was a run; an unusable one always does`() {
        let head = JournalPlace(seq: 0, hash: [UInt8](repeating: 0, count: 32))
        var store = RestoreGuard.State(store: "a", hasRuns: false, head: head)
        func judge(_ reading: HighWaterMark.Reading) -> [RestoreGuard.Finding] {
            RestoreGuard.judge(mark: reading, store: store, machine: "1", now: Self.now)
        }
        #expect(judge(.missing).isEmpty)
        #expect(judge(.unusable("why")) == [.fileUnusable("why")])
        store.hasRuns = true
        #expect(judge(.missing) == [.fileMissing])
        #expect(judge(.unusable("why")) == [.fileUnusable("why")])
    }
}

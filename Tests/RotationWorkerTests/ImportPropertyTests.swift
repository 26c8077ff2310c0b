import Glibc
import Grants
import GrantsTestSupport
import Records
import RotationWorker
import SQLiteStore
import Testing

/// Random grant files against the obvious reading of them: every line in memory, one after the other.
@Suite struct ImportPropertyTests {
    /// A line and what is true of it, as the generator made it.
    struct Line: Sendable {
        var text: String
        /// nil: bad by itself, whatever else is in the file.
        var id: String?
        var member: String?
        var tenant = "acme"
        var isShortLived: Bool?
    }

    /// What the file should come to.
    struct Expected: Equatable {
        var lines = 0
        var added = 0
        var repeated = 0
        var problems: [String] = []
        var unknownTenants: Set<TenantID> = []
        var shortLived = 0
        var withExpiry = 0
        /// The id's bytes → the role.
        var stored: [[UInt8]: String] = [:]
    }

    @Test(arguments: 0..<24)
    func `a file comes to what its lines say one after the other`(seed: Int) async throws {
        var random = SeededGenerator(seed)
        let lines = Self.lines(&random, count: Int.random(in: 1...400, using: &random))
        let expected = Self.reading(lines)
        let bytes = Array(lines.map(\.text).joined(separator: seed % 3 == 0 ? "\r\n" : "\n").utf8)
        for isPipe in [false, true] {
            for skipsBad in [false, true] {
                let rig = try await Rig()
                try await rig.add([idleGrant("taken") { $0.tenant = "globex" }])
                let report = try await rig.importing(bytes, isPipe: isPipe, skipsBad: skipsBad)
                let isImported = skipsBad || expected.problems.isEmpty
                #expect(report.isImported == isImported)
                var found = Expected(
                    lines: report.lines,
                    added: report.added,
                    repeated: report.repeated,
                    problems: report.problems.map { "\($0.line) \($0.member ?? "")" },
                    unknownTenants: report.unknownTenants,
                    shortLived: report.shortLived,
                    withExpiry: report.withExpiry
                )
                found.stored = try await rig.roles()
                found.stored[Array("taken".utf8)] = nil
                var wanted = expected
                wanted.problems = Array(expected.problems.prefix(20))
                if !isImported { (wanted.added, wanted.stored) = (0, [:]) }
                #expect(found == wanted, "seed \(seed), pipe \(isPipe), skipping \(skipsBad)")
                #expect(report.bad == expected.problems.count)
            }
        }
    }

    private static func reading(_ lines: [Line]) -> Expected {
        var expected = Expected()
        var first: [[UInt8]: Line] = [:]
        for (index, line) in lines.enumerated() where !line.text.isEmpty {
            expected.lines += 1
            guard let id = line.id else {
                expected.problems.append("\(index + 1) \(line.member ?? "")")
                continue
            }
            let key = Array(id.utf8)
            if let known = first[key] {
                if known.text == line.text {
                    expected.repeated += 1
                } else {
                    expected.problems.append("\(index + 1) id")
                }
                continue
            }
            first[key] = line
            expected.added += 1
            expected.stored[key] = line.text.firstMatch(of: /"role":"(\w+)"/).map { String($0.1) }
            if line.tenant != "acme" { expected.unknownTenants.insert(TenantID(line.tenant)) }
            if let isShortLived = line.isShortLived {
                expected.withExpiry += 1
                expected.shortLived += isShortLived ? 1 : 0
            }
        }
        return expected
    }

    private static func lines(_ random: inout SeededGenerator, count: Int) -> [Line] {
        // Few ids: many are given twice. Two look alike and differ in their bytes.
        let ids = (0..<(count / 2 + 1)).map { "g-\($0)" } + ["\u{E9}", "e\u{301}"]
        var lines: [Line] = []
        for number in 0..<count {
            switch Int.random(in: 0..<20, using: &random) {
            case 0: lines.append(Line(text: ""))
            case 1: lines.append(Line(text: #"{"id":"cut"#, member: "id"))
            case 2: lines.append(Line(text: grantLine("x").replacing("\"idp\"", with: "\"ipd\""), member: "provider"))
            case 3: lines.append(Line(text: grantLine("taken")))
            case 4: lines.append(Line(text: #"{"id":"x"}"#, member: "provider"))
            case 5 where !lines.isEmpty: lines.append(lines[Int.random(in: 0..<lines.count, using: &random)])
            default:
                let id = ids[Int.random(in: 0..<ids.count, using: &random)]
                let tenant = Int.random(in: 0..<10, using: &random) == 0 ? "t\(number % 3)" : "acme"
                var line = Line(text: "", id: id, tenant: tenant)
                var more = #","role":"r\#(number % 5)","refresh_token":"rt-\#(id == "g-0" ? number : number % 2)""#
                if Bool.random(using: &random) {
                    line.isShortLived = Bool.random(using: &random)
                    more += #","expires_at":"\#(start - .days(line.isShortLived == true ? 365 : 300))""#
                }
                line.text = grantLine(id, more).replacing("\"acme\"", with: "\"\(tenant)\"")
                lines.append(line)
            }
        }
        return lines
    }
}

/// How an import ends that cannot go on.
@Suite struct ImportInterruptionTests {
    @Test func `an import that finds the disk full leaves a prefix, which a second one completes`() async throws {
        let rig = try await Rig()
        let lines = (1_000..<7_000).map { grantLine("g-\($0)", #","refresh_token":"rt-\#($0)","role":"r""#) }
        let bytes = Array(lines.joined(separator: "\n").utf8)
        var limits = StoreLimits()
        limits.maximumPages = 600
        let path = rig.folder.file("small.sqlite")
        func open(_ limits: StoreLimits) async throws -> SQLiteGrantStore {
            let keyring = try Keyring(parsing: Secret(String(repeating: "A", count: 43) + "="))
            let ids = Counter()
            return try await .open(path: path, keyring: keyring, limits: limits) { "id-\(ids.next())" }
        }
        func keys(_ store: SQLiteGrantStore) async throws -> [String] {
            try await store.read { reading in
                try reading.page(.all, in: GrantSelection(), after: nil, limit: 10_000).map(\.grant.key.id)
            }
        }
        let small = try await open(limits)
        var environment = rig.environment
        environment.store = small
        let failing = environment
        await #expect(throws: StoreError.self) {
            _ = try await rig.importing(bytes, isPipe: false, skipsBad: false, failing)
        }
        let prefix = try await keys(small)
        #expect(prefix == (1_000..<(1_000 + prefix.count)).map { "g-\($0)" } && prefix.count < 6_000)
        await small.close()
        let large = try await open(StoreLimits())
        environment.store = large
        let report = try await rig.importing(bytes, isPipe: false, skipsBad: false, environment)
        #expect(report.added == 6_000 - prefix.count && report.unchanged == prefix.count)
        let all = try await keys(large)
        #expect(all.count == 6_000)
        await large.close()
    }

    @Test(arguments: [false, true])
    func `an import of many lines opens every token that it sealed`(isPipe: Bool) async throws {
        let rig = try await Rig()
        try await rig.add([idleGrant("g-150")])
        let lines = (100..<900).map {
            grantLine("g-\($0)", #","access_token":"at-\#($0)","refresh_token":"rt-\#($0)""#)
        }
        let report = try await rig.importing(Array(lines.joined(separator: "\n").utf8), isPipe: isPipe, skipsBad: false)
        #expect(report.added == 799 && report.updated == 1)
        for id in [100, 149, 150, 151, 500, 899] {
            let tokens = try await rig.tokens("g-\(id)")
            #expect(tokens == [.accessToken: Secret("at-\(id)"), .refreshToken: Secret("rt-\(id)")])
        }
    }
}

/// Keys that a file gives more than once.
@Suite struct SeenKeysTests {
    @Test func `keys of one hash are told apart, also past what memory holds`() throws {
        let seen = SeenKeys()
        // One hash for all: offsets are the keys, and each comes twice but the last.
        let keys = 1_000
        for round in 0..<2 {
            for key in 0..<(round == 0 ? keys : keys - 1) {
                try seen.note(.init(hash: 7 << 56, offset: key, number: round * keys + key))
            }
        }
        try seen.note(.init(hash: 7 << 56 | 1, offset: 0, number: 5_000))
        var again: [Int: Int] = [:]
        try seen.forEachAgain { first, place in
            guard first.offset == place.offset else { return false }
            again[place.number] = first.number
            return true
        }
        #expect(again == Dictionary(uniqueKeysWithValues: (0..<(keys - 1)).map { (keys + $0, $0) }))
    }

    @Test func `a key is its provider and its id, each for itself`() {
        let one = SeenKeys.hash(.init(provider: "a/b", id: "c"))
        let other = SeenKeys.hash(.init(provider: "a", id: "b/c"))
        #expect(one != other)
        #expect(one == SeenKeys.hash(.init(provider: "a/b", id: "c")))
    }
}

extension Rig {
    /// Imports bytes as a file or through a pipe.
    func importing(
        _ bytes: [UInt8],
        isPipe: Bool,
        skipsBad: Bool,
        _ environment: RotationEnvironment? = nil
    ) async throws -> GrantImport.Report {
        folder.write(bytes, to: "many.ndjson")
        let descriptor = open(folder.file("many.ndjson"), O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        return try await GrantImport(environment ?? self.environment, skipsBad: skipsBad, takesShortLived: true)
            .perform(descriptor: descriptor, isFile: !isPipe)
    }

    /// The bytes of the id → the role, of all grants.
    func roles() async throws -> [[UInt8]: String] {
        try await store.read { reading in
            var roles: [[UInt8]: String] = [:]
            try reading.forEach(.all, in: GrantSelection()) { stored in
                roles[Array(stored.grant.key.id.utf8)] = stored.grant.role ?? ""
            }
            return roles
        }
    }
}

/// Splitmix64: the same numbers for the same seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: Int) { state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

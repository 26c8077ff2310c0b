import Glibc
import Grants
import RotationWorker
import SQLiteStore
import Synchronization
import Testing

/// An ordinary installation through its first months: an export each night at 22:00, the day's gateway log at 02:00,
/// `rotate` at 03:00; a new user a day, weekends without use, refresh tokens that rotate with each use.
@Suite struct OrdinaryInstallationTests {
    /// Tuesday, 2026-11-24T00:00:00Z: the day of the installation.
    private static let installation = start
    private static let period = 100

    /// Who uses the portal, and how long.
    private struct User {
        let number: Int
        /// Days after the installation; negative: before it.
        let consented: Int
        /// The last day on which it is used; nil: each working day.
        let lastUsed: Int?

        var id: String { "g-\(number)" }

        func isUsed(on day: Int) -> Bool {
            // 0 is a Tuesday.
            let weekday = (day + 1) % 7
            return day >= consented && day <= lastUsed ?? .max && weekday < 5
        }

        /// The number of the refresh token that is current at the end of the day: each day of use brings a new one.
        func token(on day: Int) -> Int {
            guard day >= max(consented, 0) else { return 0 }
            return (max(consented, 0)...day).count { isUsed(on: $0) }
        }
    }

    private static let users: [User] = {
        var users = (0..<20).map { User(number: $0, consented: -300 - $0, lastUsed: nil) }
        // Not used for as long as it takes, since before the installation.
        users[7] = User(number: 7, consented: -400, lastUsed: -120)
        // Used for the last time some weeks after it.
        users[11] = User(number: 11, consented: -350, lastUsed: 20)
        users += (0..<period).map { User(number: 100 + $0, consented: $0, lastUsed: nil) }
        return users
    }()

    private static func instant(_ day: Int, _ hour: Int64, _ minute: Int64 = 0) -> Timestamp {
        installation + .days(Int64(day)) + .hours(hour) + .minutes(minute)
    }

    /// What the server knows at 22:00; a revoked grant is gone from it.
    private static func export(_ day: Int, tellsUse: Bool, _ provider: ScriptedProvider) -> [String] {
        users.compactMap { user in
            let token = "rt-\(user.number)-\(user.token(on: day))"
            guard user.consented <= day, !provider.isRevoked(Secret(token)) else { return nil }
            var line =
                #"{"id":"\#(user.id)","provider":"idp","tenant":"acme","client":"portal","subject":"u-\#(user.number)","#
                + #""scopes":["ticket.read"],"issued_at":"\#(instant(user.consented, 9))","refresh_token":"\#(token)""#
            if tellsUse {
                let last = (user.consented...day).last { user.isUsed(on: $0) }
                if let last { line += #","last_used_at":"\#(instant(last, 10))""# }
                line += #","observed_from":"\#(instant(user.consented, 9))","observed_until":"\#(instant(day, 22))""#
            }
            return line + "}"
        }
    }

    /// What the gateway saw until 02:00 of this day.
    private static func log(_ day: Int) -> [String] {
        let lines = users.filter { $0.isUsed(on: day - 1) }.map { user in
            #"{"feed":"gateway","at":"\#(instant(day - 1, 10))","client":"portal","subject":"u-\#(user.number)"}"#
        }
        return lines + [#"{"feed":"gateway","observed_until":"\#(instant(day, 2))"}"#]
    }

    @Test(arguments: [(tellsUse: true, firstEnd: 10), (tellsUse: false, firstEnd: 99)])
    func `an ordinary installation ends what is unused, and nothing that is used`(
        tellsUse: Bool,
        firstEnd: Int
    ) async throws {
        let rig = try await Self.rig()
        let today = Mutex(0)
        rig.provider.answer { secret in
            guard let (user, token) = Self.holder(of: secret) else { return nil }
            // At night the token of the day before is the current one.
            return user.token(on: today.withLock { $0 } - 1) == token ? nil : .inactive
        }
        var transcript: [String] = []
        for day in 0...Self.period {
            if day > 0 {
                today.withLock { $0 = day }
                transcript += try await Self.night(day, rig)
            }
            rig.clock.set(Self.instant(day, 22))
            let imported = try await rig.importing(lines: Self.export(day, tellsUse: tellsUse, rig.provider))
            #expect(imported.bad == 0, "day \(day)")
        }
        let standings = try await rig.standings()
        for user in Self.users where user.lastUsed == nil { #expect(standings[user.id] == .active, "\(user.id)") }
        let name = tellsUse ? "told" : "observed"
        let expected = try Self.corpus("ordinary-installation-\(name).txt")
        #expect(transcript == expected)
        #expect(transcript.first { $0.contains("grant.expired") }?.hasPrefix("day \(firstEnd) ") == true)
        if transcript != expected { print(transcript.joined(separator: "\n")) }
    }

    private static func rig() async throws -> Rig {
        let rig = try await Rig()
        rig.settings.policy.defaults.notice = .days(7)
        rig.settings.feeds = [FeedSettings(id: "gateway", covers: [.init(provider: "idp")])]
        rig.provider.configure { $0.capabilities.rotatesRefreshTokens = true }
        rig.settings.providers = [rig.provider.settings]
        let clock = rig.clock
        rig.provider.dateAnswers { clock.now() }
        return rig
    }

    private static func holder(of secret: Secret) -> (User, token: Int)? {
        let parts = String(decoding: secret.bytes, as: UTF8.self).split(separator: "-")
        guard parts.count == 3, let number = Int(parts[1]), let token = Int(parts[2]),
            let user = users.first(where: { $0.number == number })
        else { return nil }
        return (user, token)
    }

    /// The log at 02:00, `rotate` at 03:00; what the journal tells of it, but for what was recorded.
    private static func night(_ day: Int, _ rig: Rig) async throws -> [String] {
        let before = try await rig.store.read { try $0.journal(after: 0, limit: 1_000_000) }.last?.seq ?? 0
        rig.clock.set(instant(day, 2))
        let usage = try await rig.ingest(lines: log(day))
        #expect(usage.unmapped == 0 && usage.bad == 0, "day \(day)")
        rig.clock.set(instant(day, 3))
        try await rig.rotate(full: false)
        _ = try await rig.revoke()
        _ = try await rig.revalidate(.due(GrantSelection()))
        rig.clock.advance(by: .minutes(1))
        try await rig.deliver()
        return try await rig.store.read { try $0.journal(after: before, limit: 10_000) }.map { entry in
            let event = try OutgoingEvent(entry)
            let json = String(decoding: event.json, as: UTF8.self)
            return "day \(day) 03:00 \(event.type) \(member("grant", json)): \(member("reason", json))"
        }
    }

    private static func member(_ name: String, _ json: String) -> Substring {
        json.split(separator: "\"\(name)\":\"", maxSplits: 1).dropFirst().first?.prefix { $0 != "\"" } ?? "-"
    }

    private static func corpus(_ name: String) throws -> [String] {
        let tests = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
        let descriptor = open("/\(tests)/Corpora/\(name)", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var (text, piece) = ([UInt8](), [UInt8](repeating: 0, count: 65_536))
        while case let count = read(descriptor, &piece, piece.count), count > 0 { text += piece[..<count] }
        return String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}

extension Rig {
    func ingest(lines: [String]) async throws -> UsageIngest.Report {
        try await ingest(lines.joined(separator: "\n") + "\n")
    }

    func importing(lines: [String]) async throws -> GrantImport.Report {
        try await importing(lines.joined(separator: "\n") + "\n")
    }
}

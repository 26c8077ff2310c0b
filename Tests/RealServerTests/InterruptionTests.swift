import FoundationEssentials
import Records
import Subprocess
import Testing

extension RealServerTests {
    @Suite("Runs that are cut short")
    struct Interruptions {
        /// Many grants that a run is to end, one request at a time, beside others that live on.
        struct Population {
            var unused: [String: DjangoRig.Tokens] = [:]
            var used: [String: DjangoRig.Tokens] = [:]

            /// Whether each grant's standing is what the server itself says of its tokens.
            func agree(_ standings: [String: String], _ rig: DjangoRig) async throws -> Bool {
                for (id, tokens) in unused.merging(used, uniquingKeysWith: { first, _ in first }) {
                    let isLive = standings[id] == "active"
                    guard try await rig.isActive(tokens.access) == isLive else { return false }
                    if let refresh = tokens.refresh {
                        guard try await rig.isActive(refresh) == isLive else { return false }
                    }
                }
                return true
            }
        }

        private func populate(_ keeper: Keeper, _ rig: DjangoRig) async throws -> Population {
            var population = Population()
            var lines: [GrantLine] = []
            for number in 1...8 {
                let (user, id) = ("u-\(number)", "consent-\(number)")
                let tokens = try await rig.consent(of: user)
                population.unused[id] = tokens
                lines.append(GrantLine(id, tokens, subject: user, lastUsed: 150))
            }
            for number in 1...24 {
                let tokens = try await rig.clientCredentials()
                let isUsed = number > 20
                lines.append(GrantLine("service-\(number)", tokens, lastUsed: isUsed ? 1 : 150))
                if isUsed {
                    population.used[lines[lines.count - 1].id] = tokens
                } else {
                    population.unused[lines[lines.count - 1].id] = tokens
                }
            }
            // The valve holds what is more than half of all that lives.
            for number in 1...40 { lines.append(GrantLine("known-\(number)", nil)) }
            try await keeper.importGrants(lines)
            return population
        }

        private static func slowly(_ settings: inout KeeperSettings) {
            settings.isValveWide = true
            settings.inFlight = 1
        }

        private func revocations(_ rig: DjangoRig, reach number: Int) async throws -> Bool {
            try await eventually(tries: 20_000) { try await rig.requests(to: "/o/revoke_token/") >= number }
        }

        @Test(arguments: [1, 15])
        func `kill -9 in the midst of revocations loses nothing: the next run completes`(after number: Int) async throws
        {
            try await scene(Self.slowly) { rig, keeper in
                let population = try await populate(keeper, rig)
                let killed = try await keeper.start(["rotate"]) { child in
                    #expect(try await revocations(rig, reach: number))
                    try child.send(signal: .kill)
                }
                #expect(killed.termination == .signaled(9))
                #expect(try await keeper.standings().values.contains("revoking"))

                let files = [keeper.bytes("grants.sqlite"), keeper.bytes("grants.sqlite-wal")]
                let dry = try await keeper.run("rotate", "--dry-run", "--json")
                #expect(dry.status == 0)
                #expect([keeper.bytes("grants.sqlite"), keeper.bytes("grants.sqlite-wal")] == files)

                let second = try await keeper.run("rotate", "--json")
                #expect(second.status == 0)
                let standings = try await keeper.standings()
                for id in population.unused.keys { #expect(standings[id] == "expired", "\(id)") }
                for id in population.used.keys { #expect(standings[id] == "active", "\(id)") }
                #expect(try await population.agree(standings, rig))
                #expect(try await keeper.run("audit", "verify", "--json").json["ok"]?.boolValue == true)
                try await expectEveryEventOnce(keeper, ended: population.unused.count)
            }
        }

        /// The file has every event of the journal, and one id stands for one event.
        private func expectEveryEventOnce(_ keeper: Keeper, ended: Int) async throws {
            let journal = try await keeper.run("events", "list", "--json").lines.compactMap { $0["id"]?.stringValue }
            #expect(Set(journal).count == journal.count)
            var seen: [String: JSONObject] = [:]
            for line in (keeper.bytes("events.ndjson") ?? .init()).split(separator: UInt8(ascii: "\n")) {
                let event = try JSONObject(parsing: Array(line))
                let id = try #require(event["id"]?.stringValue)
                #expect(seen[id] == nil || seen[id] == event, "one id, two events")
                seen[id] = event
            }
            #expect(Set(seen.keys) == Set(journal))
            for type in ["grant.revoking", "grant.expired"] {
                let grants = seen.values.filter { $0["type"]?.stringValue == type }.compactMap {
                    $0["grant"]?.stringValue
                }
                #expect(grants.count == ended)
                #expect(Set(grants).count == ended)
            }
        }

        @Test(arguments: [1, 15])
        func `SIGTERM ends a run within seconds with a clean store, and the next run completes`(after number: Int)
            async throws
        {
            try await scene(Self.slowly) { rig, keeper in
                let population = try await populate(keeper, rig)
                let clock = ContinuousClock()
                var signalled = clock.now
                let ended = try await keeper.start(["rotate"]) { child in
                    #expect(try await revocations(rig, reach: number))
                    signalled = clock.now
                    try child.send(signal: .terminate)
                }
                #expect(clock.now - signalled < .seconds(5))
                #expect(ended.status == 1)
                #expect(ended.errors.contains("interrupted"))
                #expect(keeper.bytes("grants.sqlite-wal") == nil)
                #expect(try await keeper.run("audit", "verify", "--json").json["ok"]?.boolValue == true)

                #expect(try await keeper.run("rotate").status == 0)
                let standings = try await keeper.standings()
                for id in population.unused.keys { #expect(standings[id] == "expired", "\(id)") }
                #expect(try await population.agree(standings, rig))
                try await expectEveryEventOnce(keeper, ended: population.unused.count)
            }
        }

        @Test
        func `A dry run beside a live one changes no byte of its files and sends nothing`() async throws {
            try await scene(Self.slowly) { rig, keeper in
                let population = try await populate(keeper, rig)
                let live = try await keeper.start(["rotate", "--json"]) { child in
                    #expect(try await revocations(rig, reach: 5))
                    // Stopped, so that what changes is the dry run's doing; the server finishes what it has.
                    try child.send(signal: .suspend)
                    var before = try await rig.requests()
                    let isQuiet = try await eventually {
                        try await keeper.run("audit", "verify")
                        let last = before
                        before = try await rig.requests()
                        return before == last
                    }
                    #expect(isQuiet)
                    let files = [keeper.bytes("grants.sqlite"), keeper.bytes("grants.sqlite-wal")]
                    let dry = try await keeper.run("rotate", "--dry-run", "--full", "--json")
                    #expect(dry.status == 0)
                    #expect(try dry.json["standings"]?.objectValue?["revoking"]?.int64Value == 28)
                    #expect([keeper.bytes("grants.sqlite"), keeper.bytes("grants.sqlite-wal")] == files)
                    #expect(try await rig.requests() == before)
                    try child.send(signal: .resume)
                }
                #expect(live.status == 0)
                #expect(try await population.agree(try await keeper.standings(), rig))
            }
        }
    }
}

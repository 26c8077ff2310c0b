import FoundationEssentials
import Records
import Subprocess
import Testing

extension RealServerTests {
    @Suite("Containment beside other processes")
    struct Containments {
        /// Consents and services of acme, all living.
        private func populate(_ keeper: Keeper, _ rig: DjangoRig, count: Int) async throws -> [DjangoRig.Tokens] {
            var lines: [GrantLine] = []
            for number in 1...count {
                let isConsent = number.isMultiple(of: 4)
                let tokens = try await isConsent ? rig.consent(of: "u-\(number / 4)") : rig.clientCredentials()
                lines.append(GrantLine("g-\(number)", tokens, subject: isConsent ? "u-\(number / 4)" : nil))
            }
            try await keeper.importGrants(lines)
            return lines.compactMap(\.tokens)
        }

        private func order(_ keeper: Keeper) async throws -> [String] {
            let plan = try await keeper.run("contain", "--supplier", "acme", "--dry-run", "--json").json
            let hash = try #require(plan["hash"]?.stringValue)
            return ["contain", "--supplier", "acme", "--reason", "breach", "--approve", hash, "--json"]
        }

        private func expectAllEnded(_ keeper: Keeper, _ rig: DjangoRig, _ tokens: [DjangoRig.Tokens]) async throws {
            let standings = Set(try await keeper.standings().values)
            #expect(standings == ["revoked"])
            for one in tokens {
                #expect(try await !rig.isActive(one.access))
                if let refresh = one.refresh { #expect(try await !rig.isActive(refresh)) }
            }
            #expect(try await keeper.run("audit", "verify", "--json").json["ok"]?.boolValue == true)
        }

        /// How many events of the type the file has, each counted once.
        private func sent(_ type: String, _ keeper: Keeper) throws -> Int {
            var ids: Set<String> = []
            for line in (keeper.bytes("events.ndjson") ?? .init()).split(separator: UInt8(ascii: "\n")) {
                let event = try JSONObject(parsing: Array(line))
                if event["type"]?.stringValue == type, let id = event["id"]?.stringValue { ids.insert(id) }
            }
            return ids.count
        }

        @Test
        func `kill -9 between the order and the ends loses nothing: the next run goes on with it`() async throws {
            try await scene(\.inFlight, 1) { rig, keeper in
                let tokens = try await populate(keeper, rig, count: 12)
                let killed = try await keeper.start(try await order(keeper)) { child in
                    #expect(try await eventually(tries: 20_000) { try await rig.requests(to: "/o/revoke_token/") >= 2 })
                    try child.send(signal: .kill)
                }
                #expect(killed.termination == .signaled(9))
                let standings = try await keeper.standings().values
                #expect(standings.contains("revoking") && !standings.contains("active"))
                #expect(try await keeper.run("rotate", "--json").status == 0)
                try await expectAllEnded(keeper, rig, tokens)
                #expect(try sent("grant.revoking", keeper) == 12)
                #expect(try sent("grant.revoked", keeper) == 12)
            }
        }

        @Test
        func `beside a worker that does the same queue every grant ends, and is told once`() async throws {
            try await scene { rig, keeper in
                let tokens = try await populate(keeper, rig, count: 24)
                try keeper.schedule("questions", "job: revalidate\nevery: 1s\n")
                let order = try await order(keeper)
                _ = try await keeper.start(["worker"]) { worker in
                    #expect(
                        try await eventually(within: .seconds(30)) {
                            try await !keeper.run("runs", "list", "--json").lines.isEmpty
                        }
                    )
                    let outcome = try await keeper.run(order)
                    #expect([0, 2].contains(outcome.status), "\(outcome.errors)")
                    #expect(
                        try await eventually(within: .seconds(30)) {
                            try sent("grant.revoked", keeper) == 24
                        }
                    )
                    try worker.send(signal: .terminate)
                }
                try await expectAllEnded(keeper, rig, tokens)
                let told = try await keeper.run("events", "list", "--type", "grant.revoked", "--json").lines
                #expect(told.count == 24)
            }
        }

        @Test
        func `with the delivery in another process's hands the grants end, and that process tells of them`()
            async throws
        {
            try await scene { rig, keeper in
                let tokens = try await populate(keeper, rig, count: 4)
                let go = keeper.path("go")
                let program =
                    "cat >> \(keeper.path("events.ndjson")); touch \(keeper.path("here")); "
                    + "while [ ! -e \(go) ]; do sleep 0.02; done"
                var settings = KeeperSettings(issuer: rig.issuer)
                settings.canaryToken = try await rig.clientCredentials("canary-client", scope: "ticket.read").access
                try keeper.configure(settings)
                try keeper.write(
                    settings.yaml.replacing(
                        "{ id: siem, type: file, path: events.ndjson }",
                        with: "{ id: door, type: exec, command: [/bin/sh, -c, '\(program)'] }"
                    ),
                    to: "grantkeeper.yaml"
                )
                let order = try await order(keeper)
                let delivered = try await keeper.start(["events", "deliver"]) { _ in
                    #expect(
                        try await eventually(within: .seconds(30)) { keeper.bytes("here") != nil }
                    )
                    let outcome = try await keeper.run(order)
                    #expect(outcome.status == 2, "\(outcome.errors)")
                    let report = try outcome.json["outcome"]?.objectValue
                    #expect(report?["remaining"]?.int64Value == 0)
                    let told = report?["told"]?.arrayValue?.compactMap { $0.objectValue?["told"]?.boolValue }
                    #expect(told == [false])
                    #expect(try sent("grant.revoking", keeper) == 0)
                    try keeper.write("", to: "go")
                }
                #expect(delivered.status == 0, "\(delivered.errors)")
                #expect(try sent("grant.revoking", keeper) == 4)
                #expect(try sent("grant.revoked", keeper) == 4)
                try await expectAllEnded(keeper, rig, tokens)
            }
        }
    }
}

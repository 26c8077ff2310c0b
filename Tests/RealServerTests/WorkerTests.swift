import FoundationEssentials
import GrantsTestSupport
import Records
import Subprocess
import Testing

extension RealServerTests {
    @Suite("The worker, as the service manager runs it")
    struct Workers {
        private static func often(_ keeper: Keeper) throws {
            try keeper.schedule("expire", "job: expire\nevery: 1s\n")
            try keeper.schedule("revalidate", "job: revalidate\nevery: 1s\n")
        }

        /// A worker told of the socket; its log is in what it leaves on standard error.
        private func worker(
            _ keeper: Keeper,
            _ socket: String,
            _ body: (Keeper.Child) async throws -> Void
        ) async throws -> Keeper.Outcome {
            try await keeper.start(
                ["worker", "--log-format", "json"],
                environment: ["NOTIFY_SOCKET": socket, "WATCHDOG_USEC": "20000000"],
                body
            )
        }

        @Test
        func `it expires, revokes and tells, without a person, and says how it is`() async throws {
            try await scene { rig, keeper in
                try Self.often(keeper)
                let (unused, used) = (try await rig.consent(of: "u-1"), try await rig.consent(of: "u-2"))
                let manager = NotifySocket(keeper.path("notify"))
                let ended = try await worker(keeper, keeper.path("notify")) { child in
                    let ready = await manager.first { $0.hasPrefix("READY=1\nSTATUS=") }
                    #expect(ready?.contains("next ") == true)
                    // What comes while it runs is seen, without a signal.
                    try await keeper.importGrants([
                        GrantLine("g-1", unused, subject: "u-1", lastUsed: 150), GrantLine("g-2", used, subject: "u-2"),
                    ])
                    #expect(
                        try await eventually(within: .seconds(60)) { try await keeper.standing(of: "g-1") == "expired" }
                    )
                    let isTold = try await eventually(within: .seconds(60)) {
                        let told = keeper.bytes("events.ndjson").map { String(decoding: $0, as: UTF8.self) } ?? ""
                        return told.contains(#""type":"grant.expired""#)
                    }
                    #expect(isTold)
                    #expect(await manager.first { $0 == "WATCHDOG=1" } != nil)
                    manager.drain()
                    try child.send(signal: .terminate)
                    #expect(await manager.first { $0.hasPrefix("STOPPING=1") } != nil)
                }
                #expect(ended.status == 0)
                #expect(ended.output.isEmpty)
                #expect(keeper.bytes("grants.sqlite-wal") == nil)
                #expect(try await rig.isActive(unused.refresh ?? "") == false)
                #expect(try await rig.isActive(used.refresh ?? ""))
                #expect(try await keeper.standing(of: "g-2") == "active")
                let event = try await keeper.run("events", "list", "--grant", "g-1", "--json").lines.last
                #expect(event?["actor"]?.objectValue?["kind"]?.stringValue == "schedule")
                for token in [unused.access, unused.refresh, used.access, used.refresh].compactMap({ $0 }) {
                    #expect(!ended.errors.contains(token))
                }
            }
        }

        @Test
        func `a bad file keeps what was in force and says so; a good one is taken, with its new schedule`() async throws
        {
            try await scene { _, keeper in
                try Self.often(keeper)
                let manager = NotifySocket(keeper.path("notify"))
                let ended = try await worker(keeper, keeper.path("notify")) { child in
                    #expect(await manager.first { $0.hasPrefix("READY=1") } != nil)
                    try keeper.schedule("broken", "job: expire\ncron: 61 * * * *\n")
                    manager.drain()
                    try child.send(signal: .terminalClosed)
                    #expect(await manager.first { $0.hasPrefix("RELOADING=1\nMONOTONIC_USEC=") } != nil)
                    #expect(await manager.first { $0.hasPrefix("READY=1") } != nil)
                    let before = try await keeper.run("runs", "list", "--json").lines.count
                    #expect(
                        try await eventually(within: .seconds(60)) {
                            try await keeper.run("runs", "list", "--json").lines.count > before
                        }
                    )
                    try keeper.schedule("broken", "job: audit-checkpoint\nevery: 1s\n")
                    manager.drain()
                    try child.send(signal: .terminalClosed)
                    #expect(await manager.first { $0.hasPrefix("RELOADING=1") } != nil)
                    let isTaken = try await eventually(within: .seconds(60)) {
                        try await keeper.run("runs", "list", "--json").lines
                            .contains { $0["job"]?.stringValue == "audit-checkpoint" }
                    }
                    #expect(isTaken)
                    manager.drain()
                    try child.send(signal: .interrupt)
                }
                #expect(ended.status == 0)
                #expect(ended.errors.contains("what was in force stays in force"))
                #expect(ended.errors.contains("broken.yaml:2"))
            }
        }

        @Test(arguments: [1, 2])
        func `told to stop in the midst of revocations it ends them; told twice it cuts them short`(
            signals: Int
        ) async throws {
            let slowly: (inout KeeperSettings) -> Void = {
                $0.isValveWide = true
                $0.inFlight = 1
            }
            try await scene(slowly) { rig, keeper in
                try Self.often(keeper)
                var lines: [GrantLine] = []
                for number in 1...30 {
                    lines.append(GrantLine("g-\(number)", try await rig.clientCredentials(), lastUsed: 150))
                }
                for number in 1...40 { lines.append(GrantLine("known-\(number)", nil)) }
                try await keeper.importGrants(lines)
                try await rig.forgetRequests()
                let manager = NotifySocket(keeper.path("notify"))
                let ended = try await worker(keeper, keeper.path("notify")) { child in
                    let isBusy = try await eventually(within: .seconds(60)) {
                        try await rig.requests(to: "/o/revoke_token/") >= 2
                    }
                    #expect(isBusy)
                    for _ in 0..<signals {
                        manager.drain()
                        try child.send(signal: .terminate)
                        #expect(await manager.first { $0.hasPrefix("STOPPING=1") || $0.contains("stopping") } != nil)
                    }
                }
                #expect(ended.status == 0)
                let revoked = try await rig.requests(to: "/o/revoke_token/")
                if signals == 1 { #expect(revoked == 30) }
                #expect(keeper.bytes("grants.sqlite-wal") == nil)
                // What is left is taken up by whoever comes next.
                #expect(try await keeper.run("rotate").status == 0)
                let standings = try await keeper.standings()
                for number in 1...30 { #expect(standings["g-\(number)"] == "expired") }
                #expect(try await keeper.run("audit", "verify", "--json").json["ok"]?.boolValue == true)
            }
        }

        @Test
        func `a bad configuration ends it at once with 78, whatever the manager`() async throws {
            try await scene { _, keeper in
                try keeper.schedule("broken", "job: expir\nevery: 1s\n")
                let ended = try await keeper.run("worker")
                #expect(ended.status == 78)
                #expect(ended.errors.contains("did you mean 'expire'") || ended.errors.contains("expire"))
            }
        }
    }
}

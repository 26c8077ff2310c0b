import Glibc
import Grants
import GrantsTestSupport
import Records
import Testing

@Suite("A store that may have been restored", .serialized)
struct RestoreGuardTests {
    /// What a restore, a move or a mishap leaves.
    struct Damage: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var why: String
        var apply: @Sendable (GuardedScenario) throws -> Void

        init(_ name: String, _ why: String, _ apply: @escaping @Sendable (GuardedScenario) throws -> Void) {
            testDescription = name
            self.why = why
            self.apply = apply
        }
    }

    private static func text(
        _ name: String,
        _ why: String,
        _ change: @escaping @Sendable ([UInt8]) -> [UInt8]
    ) -> Damage {
        Damage(name, why) { $0.folder.write(change($0.markBytes ?? []), to: GuardedScenario.name) }
    }

    static let damages: [Damage] = [
        Damage("without the guard file", "is missing") { $0.removeMark() },
        Damage("on another machine", "another machine") {
            $0.scenario.machineID = "22222222222222222222222222222222"
        },
        Damage("with another store's file", "another store's") { guarded in
            try guarded.change { $0.store = "another" }
        },
        Damage("with a file from tomorrow", "the clock is behind") { guarded in
            try guarded.change { $0.at = $0.at + .days(1) }
        },
        Damage("with a file of 8 days ago", "more than 7 days ago") { guarded in
            try guarded.change { $0.at = $0.at - .days(8) }
        },
        Damage("with an entry that the journal lacks", "lacks entry 5000") { guarded in
            try guarded.change { $0.head.seq = 5_000 }
        },
        Damage("with another entry", "is not the one") { guarded in
            try guarded.change { $0.head.hash[0] ^= 1 }
        },
        Damage("with a later checkpoint", "older than the guard file") { guarded in
            try guarded.change { $0.checkpoint += 1 }
        },
        text("with an empty file", "is empty") { _ in [] },
        text("with a cut-off file", "ends before its end") { Array($0.dropLast(20)) },
        text("with another program's file", "cannot be used") { _ in Array("Hello\n".utf8) },
        text("with a file of zeros", "cannot be used") { [UInt8](repeating: 0, count: $0.count) },
        text("with a huge file", "far too long") { _ in [UInt8](repeating: 0x20, count: 200_000) },
        Damage("with a link", "symbolic link") { guarded in
            try #require(rename(guarded.folder.file(GuardedScenario.name), guarded.folder.file("elsewhere")) == 0)
            try #require(symlink(guarded.folder.file("elsewhere"), guarded.folder.file(GuardedScenario.name)) == 0)
        },
        Damage("with a pipe", "not a regular file") { guarded in
            guarded.removeMark()
            try #require(mkfifo(guarded.folder.file(GuardedScenario.name), 0o600) == 0)
        },
    ]

    @Test(arguments: damages)
    func `is frozen until a person thaws, and then every notice starts anew`(damage: Damage) async throws {
        try await GuardedScenario.withNoticeOver { guarded in
            let scenario = guarded.scenario
            try damage.apply(guarded)
            let before = guarded.markBytes.flatMap { try? HighWaterMark(json: $0) }
            try await guarded.expectFrozen(damage.why)
            if var before {
                // The mark stays where it was, and says that somebody has to look.
                let after = try guarded.mark()
                #expect(after.finding != nil)
                before.finding = after.finding
                #expect(after == before)
            }
            #expect(try await guarded.freezes().count == 1)
            let doctor = await scenario.run("doctor")
            #expect(doctor.output.contains("LOOK restore guard: everything is frozen"))

            try await guarded.expectThaws()
            #expect(try guarded.mark().machine == scenario.machineID)
            scenario.advance(.hours(47))
            try await guarded.day()
            #expect(try await scenario.standing("i-1") == "noticed")
            scenario.advance(.hours(25))
            try await guarded.day()
            #expect(try await scenario.standing("i-1") == "expired")
            #expect(try await guarded.freezes().count == 1)
        }
    }

    @Test func `is judged for what it is: untouched, the notice ends`() async throws {
        try await GuardedScenario.withNoticeOver { guarded in
            let report = try await guarded.scenario.rotate(statuses: [0])
            #expect(report.bool("frozen") == false)
            #expect(try await guarded.scenario.standing("i-1") == "expired")
            #expect(try await guarded.freezes().isEmpty)
            #expect(guarded.folder.mode(GuardedScenario.name) == 0o600)
            let doctor = await guarded.scenario.run("doctor")
            #expect(doctor.output.contains("ok   restore guard: "))
        }
    }

    @Test func `from yesterday is frozen, whatever the backup's own state`() async throws {
        try await GuardedScenario.withNoticeOver { guarded in
            let yesterday = guarded.copy()
            await guarded.scenario.run("exempt", "u-1", "--owner", "kim", "--reason", "x", "--until", "60d")
            try guarded.restore(yesterday)
            try await guarded.expectFrozen("the journal lacks entry")
            // A second restore, of what was there before the freeze: the file remembers.
            try guarded.restore(yesterday)
            try await guarded.expectFrozen("found before")
            try await guarded.expectThaws()
        }
    }

    @Test func `from yesterday that has gone on without the guard is frozen by its other journal`() async throws {
        try await GuardedScenario.withNoticeOver { guarded in
            let (scenario, yesterday) = (guarded.scenario, guarded.copy())
            await scenario.run("exempt", "u-1", "--owner", "kim", "--reason", "x", "--until", "60d")
            try guarded.restore(yesterday)
            let file = scenario.setup.highWater
            try scenario.configure { $0.highWater = nil }
            for _ in 1...3 {
                await scenario.run("exempt", "u-2", "--owner", "lee", "--reason", "x", "--until", "60d")
            }
            try scenario.configure { $0.highWater = file }
            try await guarded.expectFrozen("is not the one")
        }
    }

    @Test func `is worked on while frozen, and an order by hand goes through when it says so`() async throws {
        try await GuardedScenario.withNoticeOver { guarded in
            let scenario = guarded.scenario
            guarded.removeMark()
            try await scenario.inventory([.used("u-20")])
            try await guarded.observe()
            #expect(await scenario.run("revalidate", "u-2").status == 0)
            #expect(
                await scenario.run("exempt", "u-3", "--owner", "kim", "--reason", "x", "--until", "60d").status == 0
            )
            #expect(await scenario.run("revoke", "u-4", "--reason", "stolen").status == 2)
            #expect(try await scenario.lives("u-4") == true)
            let order = await scenario.run("revoke", "u-4", "--reason", "stolen", "--while-frozen", "--json")
            #expect(order.status == 0, "\(order.errors)")
            #expect(try await scenario.standing("u-4") == "revoked")
            #expect(try await scenario.lives("u-4") == false)
            #expect(guarded.markBytes == nil)
            #expect(try await guarded.freezes().count == 1)
            try await guarded.expectThaws()
        }
    }

    @Test func `forgets inactive answers with the thaw`() async throws {
        try await GuardedScenario.withNoticeOver { guarded in
            let scenario = guarded.scenario
            try await scenario.revokeAtServer("u-2")
            scenario.advance(.hours(25))
            try await guarded.observe()
            await scenario.run("revalidate", "u-2")
            #expect(try await scenario.show("u-2").int("inactive_count") == 1)
            guarded.removeMark()
            #expect(await scenario.run("thaw", "--reason", "looked at").status == 0)
            #expect(try await scenario.show("u-2").int("inactive_count") == 0)
            #expect(try await guarded.freezes().count == 1)
            #expect(try await scenario.events("worker.thawed").count == 1)
        }
    }

    @Test func `stays frozen when something else is thawed, or a person freezes over it`() async throws {
        try await GuardedScenario.withNoticeOver { guarded in
            let scenario = guarded.scenario
            await scenario.run("freeze", "--tenant", "acme", "--reason", "audit")
            await scenario.run("freeze", "--reason", "audit")
            let before = try guarded.mark()
            scenario.machineID = ""
            #expect(await scenario.run("thaw", "--tenant", "acme", "--reason", "done").status == 0)
            await scenario.run("freeze", "--reason", "still")
            #expect(try guarded.mark().machine == before.machine)
            #expect(try guarded.mark().head == before.head)
            #expect(try await scenario.rotate(statuses: [2]).bool("frozen") == true)
            #expect(try await guarded.freezes().filter { $0.hasPrefix("restored: ") }.count == 1)
            try await guarded.expectThaws()
        }
    }

    @Test func `a person's freeze and thaw leave the guard as it is`() async throws {
        try await GuardedScenario.withNoticeOver { guarded in
            await guarded.scenario.run("freeze", "--reason", "audit")
            let before = try guarded.mark()
            #expect(try await guarded.scenario.rotate(statuses: [2]).bool("frozen") == true)
            #expect(try guarded.mark().head.seq > before.head.seq)
            try await guarded.expectThaws()
        }
    }

    @Test func `a folder in the file's place freezes, and must go before a thaw`() async throws {
        try await GuardedScenario.withNoticeOver { guarded in
            guarded.removeMark()
            try #require(mkdir(guarded.folder.file(GuardedScenario.name), 0o700) == 0)
            try await guarded.expectFrozen("not a regular file")
            let thaw = await guarded.scenario.run("thaw", "--reason", "looked at")
            #expect(thaw.status == 1 && thaw.errors.contains("cannot be written"), "\(thaw.errors)")
            #expect(try await guarded.scenario.rotate(statuses: [2]).bool("frozen") == true)
            guarded.removeMark()
            try await guarded.expectThaws()
        }
    }

    @Test(.enabled(if: geteuid() != 0, "root reads everything"))
    func `a file that cannot be read freezes`() async throws {
        try await GuardedScenario.withNoticeOver { guarded in
            try #require(chmod(guarded.folder.file(GuardedScenario.name), 0) == 0)
            try await guarded.expectFrozen("permission denied")
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give files away"), arguments: [true, false])
    func `what root writes once stays readable for the service`(isThere: Bool) async throws {
        try await GuardedScenario.withNoticeOver { guarded in
            let (file, service) = (guarded.folder.file(GuardedScenario.name), uid_t(12_345))
            if isThere {
                try #require(chown(file, service, service) == 0)
            } else {
                guarded.removeMark()
                unlink(file + ".lock")
                try #require(chown(guarded.folder.path, service, service) == 0)
            }
            let written =
                isThere
                ? await guarded.scenario.run("freeze", "--tenant", "acme", "--reason", "incident")
                : await guarded.scenario.run("thaw", "--reason", "looked at")
            try #require(written.status == 0, "\(written.errors)")
            for name in isThere ? [file] : [file, file + ".lock"] {
                var status = stat()
                try #require(lstat(name, &status) == 0)
                #expect(status.st_uid == service && status.st_mode & 0o777 == 0o600, "\(name)")
            }
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give files away"))
    func `a lock that was there is given to nobody, for it may be a link to any file`() async throws {
        try await GuardedScenario.withNoticeOver { guarded in
            let file = guarded.folder.file(GuardedScenario.name)
            guarded.folder.write(Array("secret".utf8), to: "other")
            unlink(file + ".lock")
            try #require(link(guarded.folder.file("other"), file + ".lock") == 0)
            try #require(chown(guarded.folder.path, 12_345, 12_345) == 0)
            try #require(await guarded.scenario.run("freeze", "--reason", "x").status == 0)
            var status = stat()
            try #require(stat(guarded.folder.file("other"), &status) == 0)
            #expect(status.st_uid == 0)
        }
    }

    // MARK: A store's first days

    @Test func `a new store makes its file before its first run, and grows with it`() async throws {
        try await GuardedScenario.with { guarded in
            let scenario = guarded.scenario
            #expect(await scenario.run("grants", "list").status != 0)
            #expect(guarded.markBytes == nil)
            try await scenario.grants([.used("u-1")])
            let first = try guarded.mark()
            #expect(first.head.seq == 1 && first.machine == scenario.machineID && first.at == scenario.now)
            // Without a run there is nothing that a copy could repeat.
            guarded.removeMark()
            try await guarded.day()
            guarded.removeMark()
            #expect(try await scenario.rotate(statuses: [2]).bool("frozen") == true)
        }
    }

    @Test func `a quiet store is not taken for a restored one`() async throws {
        try await GuardedScenario.with { guarded in
            try await guarded.scenario.grants([.used("u-1")])
            for _ in 0..<10 {
                guarded.scenario.advance(.days(3))
                try await guarded.day()
            }
            #expect(try await guarded.freezes().isEmpty)
        }
    }

    @Test func `a store that the guard has not known yet is frozen once`() async throws {
        try await GuardedScenario.with {
            $0.highWater = nil
        } _: { guarded in
            try await guarded.scenario.grants([.used("u-1")])
            try await guarded.day()
            let doctor = await guarded.scenario.run("doctor")
            #expect(doctor.output.contains("LOOK restore guard: off"))
            try guarded.scenario.configure { $0.highWater = guarded.folder.file(GuardedScenario.name) }
            #expect(try await guarded.scenario.rotate(statuses: [2]).bool("frozen") == true)
            try await guarded.expectThaws()
        }
    }

    // MARK: A file that cannot be written

    @Test(arguments: ["/proc/high-water", "/dev/null/high-water", "/nowhere/at/all/high-water"])
    func `is an error that says what to do, before anything is done`(path: String) async throws {
        try await GuardedScenario.with { guarded in
            let scenario = guarded.scenario
            try await scenario.grants([.used("u-1")])
            let store = scenario.storeBytes()
            try scenario.configure { $0.highWater = path }
            let outcome = await scenario.run("exempt", "u-1", "--reason", "x", "--end", "--json")
            try outcome.expectError(1, "guard-file")
            #expect(try JSONObject(parsing: Array(outcome.errors.utf8)).text("error.hint") != nil)
            #expect(scenario.storeBytes() == store)
            #expect(await scenario.run("grants", "list").status == 0)
        }
    }

    @Test func `that turns unwritable meanwhile fails the command and undoes nothing`() async throws {
        try await GuardedScenario.with { guarded in
            try await guarded.scenario.grants([.used("u-1")])
            // The next file cannot be made: something that is not empty has its name.
            try #require(mkdir(guarded.folder.file("high-water.new"), 0o700) == 0)
            defer { rmdir(guarded.folder.file("high-water.new")) }
            let before = try guarded.mark()
            let outcome = await guarded.scenario.run(
                "exempt",
                "u-1",
                "--owner",
                "kim",
                "--reason",
                "x",
                "--until",
                "60d",
                "--json"
            )
            try #require(outcome.status == 1)
            #expect(outcome.errors.contains("what the store has committed stands"))
            #expect(try await guarded.scenario.show("u-1").text("exempt_until") != nil)
            #expect(try guarded.mark() == before)
            rmdir(guarded.folder.file("high-water.new"))
            // As after a crash there: the journal has gone on, and that is no finding.
            #expect(try await guarded.scenario.rotate(statuses: [0]).bool("frozen") == false)
        }
    }
}

import Glibc
import Grants
import GrantsTestSupport
import Testing

@Suite("What doctor says of files", .serialized)
struct DoctorFilesTests {
    @Test(
        arguments: [
            ("grants.sqlite", 0o660, "its group"), ("grants.sqlite", 0o602, "everyone"),
            ("grantkeeper.yaml", 0o664, "its group"), ("grantkeeper.yaml", 0o646, "everyone"),
            ("schedules", 0o775, "its group"), ("schedules/night.yaml", 0o666, "everyone"),
            (".", 0o770, "its group"), (".", 0o1777, "everyone"), (".", 0o707, "everyone"),
        ] as [(String, Int, String)]
    )
    func `what others can write is named, with the command that ends it`(
        name: String,
        mode: Int,
        who: String
    ) async throws {
        try await withScenario { scenario in
            try await scenario.grants([.used("u-1")])
            mkdir(scenario.path("schedules"), 0o755)
            try scenario.write("schedules/night.yaml", "job: expire\ncron: 0 3 * * *\n")
            let sound = await scenario.run("doctor")
            #expect(!sound.output.contains("permissions"), "\(sound.output)")
            chmod(scenario.path(name), mode_t(mode))
            defer { chmod(scenario.path(name), 0o700) }
            let outcome = await scenario.run("doctor")
            #expect(outcome.status == 2)
            let path = name == "." ? scenario.folder : scenario.path(name)
            let lines = outcome.output.split(separator: "\n").filter { $0.hasPrefix("LOOK permissions: ") }
            #expect(lines.contains { $0.contains("'\(path)' can be written by \(who)") }, "\(outcome.output)")
            #expect(lines.allSatisfy { $0.contains("chmod go-w '") })
        }
    }

    @Test func `the log and the guard's file count as well`() async throws {
        try await GuardedScenario.with { guarded in
            let scenario = guarded.scenario
            try await scenario.grants([.used("u-1")])
            let path = guarded.folder.file(GuardedScenario.name)
            chmod(path, 0o666)
            chmod(guarded.folder.path, 0o777)
            try scenario.write("grants.sqlite-wal", "")
            chmod(scenario.path("grants.sqlite-wal"), 0o666)
            let outcome = await scenario.run("doctor")
            for name in [path, guarded.folder.path, scenario.path("grants.sqlite-wal")] {
                #expect(outcome.output.contains("'\(name)' can be written by everyone"), "\(outcome.output)")
            }
        }
    }

    @Test(
        arguments: [
            ([0xEF, 0xBB, 0xBF] + Array("s3cretmark".utf8), "byte-order mark"),
            (Array("s3cretmark".utf8).flatMap { [$0, 0] }, "NUL"), (Array("s3cretmark ".utf8), "blank"),
        ] as [([UInt8], String)]
    )
    func `a secret that an editor has changed is named by doctor and by providers check`(
        bytes: [UInt8],
        word: String
    ) async throws {
        try await withScenario { scenario in
            for name in ["grantkeeper.secret", "supplier-portal.secret", "canary.refresh_token"] {
                let kept = try #require(scenario.bytes(name))
                try scenario.write(name, bytes)
                for command in [["doctor"], ["providers", "check"]] {
                    let outcome = await scenario.run(command)
                    #expect(outcome.status != 0)
                    let text = outcome.output + outcome.errors
                    #expect(text.contains(word), "\(command): \(text)")
                    #expect(text.contains(name) && !text.contains("s3cretmark"), "\(command): \(text)")
                }
                try scenario.write(name, kept)
            }
        }
    }
}

import Glibc
import Grants
import Records
import Testing

@testable import GrantkeeperCommands

/// Secrets leave on purpose, or not at all.
@Suite("Secrets stay where they are", .serialized)
struct SecrecyTests {
    @Test func `what holds variables prints as its name, however it is printed`() async throws {
        try await withScenario { scenario in
            var environment = scenario.environment(CapturedText(), CapturedText())
            environment.variables = ["SECRET": "VARIABLEMARK"]
            var text = ""
            print(environment, environment.variables, to: &text)
            dump(environment, to: &text)
            debugPrint(environment, to: &text)
            text += String(reflecting: environment) + "\(Mirror(reflecting: environment.variables).children.count)"
            #expect(!text.contains("VARIABLEMARK"))
            #expect(environment.variables["SECRET"] == "VARIABLEMARK")
        }
    }

    @Test func `tokens are exported for a reason only, and the journal has it before they are written`() async throws {
        try await withScenario {
            $0.tenants = ["acme", "globex"]
        } _: { scenario in
            try await scenario.inventory([.used("u-1"), .used("u-2") { $0.tenant = "globex" }])
            try await scenario.run("grants", "export", "--with-tokens", "--json").expectError(64, "usage")
            try await scenario.run("grants", "export", "--with-tokens", "--reason", " ", "--json")
                .expectError(64, "usage")
            try await scenario.run("grants", "export", "--reason", "why", "--json").expectError(64, "usage")
            #expect(try await scenario.events("tokens.exported").isEmpty)
            #expect(await scenario.run("grants", "export").status == 0)
            #expect(try await scenario.events("tokens.exported").isEmpty)

            let export = await scenario.run(
                "grants",
                "export",
                "--with-tokens",
                "--reason",
                "moving house",
                "--tenant",
                "acme"
            )
            #expect(export.status == 0, "\(export.errors)")
            #expect(try export.lines.count == 1)
            let event = try #require(try await scenario.events("tokens.exported").first)
            #expect(event.text("reason") == "moving house")
            #expect(event.text("tenant") == "acme")
            #expect(event.int("grants") == 1)
            #expect(event.text("actor.user") == "tester")
        }
    }

    @Test(
        arguments: [
            ([0xEF, 0xBB, 0xBF], [], "byte-order mark"), ([], [0x20], "blank"), ([], [0x00], "NUL"),
        ] as [([UInt8], [UInt8], String)]
    )
    func `a secret that an editor spoiled is named by doctor and providers check, and not shown`(
        before: [UInt8],
        after: [UInt8],
        words: String
    ) async throws {
        try await withScenario { scenario in
            try await scenario.inventory([.used("u-1")])
            try scenario.write("supplier-portal.secret", before + Array("SPOILEDMARK".utf8) + after)
            for command in [["doctor"], ["providers", "check"]] {
                let outcome = await scenario.run(command)
                #expect(outcome.status == 2)
                #expect(outcome.output.contains("supplier-portal.secret"), "\(command): \(outcome.output)")
                #expect(outcome.output.contains(words))
                #expect(!outcome.output.contains("SPOILEDMARK"))
            }
        }
    }

    @Test(arguments: ["grants.sqlite", "grantkeeper.yaml", "."])
    func `what others can write is named by doctor`(file: String) async throws {
        try await withScenario { scenario in
            try await scenario.inventory([.used("u-1")])
            #expect(await !scenario.run("doctor").output.contains("LOOK permissions"))
            var status = stat()
            try #require(stat(scenario.path(file), &status) == 0)
            chmod(scenario.path(file), status.st_mode | S_IWOTH)
            let outcome = await scenario.run("doctor")
            #expect(outcome.status == 2)
            #expect(outcome.output.contains("can be written by everyone: chmod go-w"), "\(outcome.output)")
        }
    }
}

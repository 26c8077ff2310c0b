import Glibc
import Grants
import Testing

/// Secrets that the configuration names and that cannot be read.
@Suite("Secrets that are not there", .serialized)
struct SecretsTests {
    /// How a client's secret is given, and what is said of it.
    private static let sources = [
        ("{ credential: idp-secret }", "credential 'idp-secret' cannot be found"),
        ("{ env: GRANTKEEPER_TEST_UNSET }", "environment variable 'GRANTKEEPER_TEST_UNSET' is not set"),
        ("{ file: exposed.secret }", "can be read or written by others than its owner"),
        ("{ file: none.secret }", "names a file that does not exist"),
    ]

    private func provider(_ secret: String) -> String {
        "{ id: other, issuer: 'https://as.example', client: { id: keeper, secret: \(secret) } }"
    }

    @Test(arguments: sources, ["rotate", "revalidate --all", "revoke g-1 --reason over", "providers check"])
    func `78: what asks a provider ends before it does anything, and names line and member`(
        source: (secret: String, words: String),
        command: String
    ) async throws {
        try await withScenario { scenario in
            try await scenario.grants([.idle("g-1")])
            try scenario.write("exposed.secret", "secret")
            chmod(scenario.path("exposed.secret"), 0o644)
            try scenario.configure { $0.otherProviders = [provider(source.secret)] }
            let before = scenario.storeBytes()
            let outcome = await scenario.run(command.split(separator: " ").map(String.init))
            #expect(outcome.status == 78)
            #expect(outcome.errors.contains(source.words), "\(outcome.errors)")
            #expect(outcome.errors.contains("grantkeeper.yaml:"))
            #expect(outcome.errors.contains("client.secret"))
            #expect(scenario.storeBytes() == before)
            #expect(try await scenario.lives("g-1") == true)
        }
    }

    @Test func `what needs no secret goes on without, and holds no provider`() async throws {
        try await withScenario { scenario in
            try await scenario.grants([.idle("g-1")])
            try scenario.configure { $0.otherProviders = [provider("{ credential: idp-secret }")] }
            for command in [
                ["status"], ["grants", "list"], ["grants", "show", "g-1"], ["rotate", "--dry-run"], ["doctor"],
                ["revoke", "g-1", "--reason", "over", "--dry-run"], ["schedules"],
                ["freeze", "--reason", "trial"],
                ["exempt", "g-1", "--owner", "a", "--reason", "b", "--until", "30d"],
            ] {
                let outcome = await scenario.run(command)
                #expect([0, 2].contains(outcome.status), "\(command): \(outcome.errors)")
            }
            #expect(
                try await scenario.run("status", "--json").json.objects("providers").allSatisfy {
                    $0.text("held") == nil
                }
            )
        }
    }
}

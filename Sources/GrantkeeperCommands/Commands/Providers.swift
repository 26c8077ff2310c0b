internal import ArgumentParser
internal import ConfigurationFiles
internal import Grants
internal import OAuthProvider
internal import Records
internal import RotationWorker

struct Providers: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "providers",
        abstract: "The authorization servers.",
        subcommands: [ProvidersCheck.self]
    )
}

struct ProvidersCheck: GrantkeeperCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Discover, authenticate, ask about canaries and a made-up token; store nothing."
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "Only these providers.")
    var providers: [String] = []

    func perform(_ environment: ProgramEnvironment) async throws -> ExitStatus {
        let console = Console(environment)
        let configuration = try Session.configuration(environment, common, checks: .secrets)
        let settings = configuration.settings
        for name in providers where !settings.providers.contains(where: { $0.id == ProviderID(name) }) {
            throw CommandError(
                .usage,
                "unknown-provider",
                "the configuration knows no provider '\(Console.printable(name))'",
                hint: "known: \(settings.providers.map(\.id.rawValue).joined(separator: ", "))"
            )
        }
        var isSound = true
        for provider in settings.providers where providers.isEmpty || providers.contains(provider.id.rawValue) {
            var alone = settings
            alone.providers = [provider]
            let connections = try ProviderConnections(
                alone,
                storePath: configuration.storePath,
                environment,
                WorkerMetrics()
            )
            guard let client = connections.provider(provider.id) else { continue }
            var check = await client.check()
            for look in SecretLook.all(in: Self.sources(provider, settings)) {
                check.steps.append(.init(name: "secret", ok: false, detail: "\(look.message): \(look.hint)"))
            }
            await connections.shutdown()
            isSound = isSound && check.ok
            if common.json { console.json(json(provider.id, check)) } else { show(provider.id, check, on: console) }
        }
        return isSound ? .success : .findings
    }

    /// Where the secrets are that go to the provider.
    private static func sources(_ provider: ProviderSettings, _ settings: RotationSettings) -> [SecretSource] {
        var alone = settings
        alone.providers = [provider]
        alone.clients.removeAll { $0.provider != provider.id }
        return alone.secretSources
    }

    private func json(_ provider: ProviderID, _ check: ProviderCheck) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("provider", provider.rawValue)
        writer.member("ok", check.ok)
        writer.array("steps") { writer in
            for step in check.steps {
                writer.beginObject()
                writer.member("name", step.name)
                writer.member("ok", step.ok)
                writer.member("detail", step.detail)
                writer.endObject()
            }
        }
        writer.endObject()
        return writer.bytes
    }

    private func show(_ provider: ProviderID, _ check: ProviderCheck, on console: Console) {
        console.line("\(provider): \(check.ok ? "ok" : "NOT OK")")
        for step in check.steps {
            console.line("  \(step.ok ? "ok  " : "FAIL") \(step.name): \(Console.printableLong(step.detail))")
        }
    }
}

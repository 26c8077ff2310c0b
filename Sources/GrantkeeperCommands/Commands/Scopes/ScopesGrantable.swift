internal import ArgumentParser
internal import Grants
internal import Records
internal import Scopes

struct ScopesGrantable: GrantkeeperCommand {
    static let configuration = CommandConfiguration(
        commandName: "grantable",
        abstract: "The least scopes for a new integration, ready for its registration.",
        discussion: """
            They follow from the tenant's party and environment and the role's steps. Status 2 if a step is refused, or \
            a registration that is there differs from what its roles need.
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var source: ScopeSource
    @Option(help: "Whose integration it is.")
    var tenant: String
    @Option(help: "What it is for.")
    var role: String
    @Option(help: "Only for this step of the role.")
    var step: [String] = []
    @Option(help: "By this provider's names; without it those of the tenant's clients.")
    var provider: [String] = []
    @Option(help: "Where it runs; without it the tenant's environment.")
    var environment: String?

    func perform(_ environment: ProgramEnvironment) async throws -> ExitStatus {
        let console = Console(environment)
        let model = ScopeModel(try source.documents(environment, common))
        let grantable: [Grantable]
        do throws(GrantableProblem) {
            grantable = try model.grantable(
                tenant: TenantID(tenant),
                role: RoleID(role),
                steps: step.map { StepID($0) },
                providers: provider.map { ProviderID($0) },
                environment: self.environment.map { EnvironmentID($0) }
            )
        } catch {
            throw CommandError(error)
        }
        for one in grantable {
            if common.json { console.json(Self.json(one)) } else { Self.show(one, on: console) }
        }
        return grantable.allSatisfy { $0.refused.isEmpty && $0.behind.isEmpty } ? .success : .findings
    }

    private static func show(_ grantable: Grantable, on console: Console) {
        console.line("\(grantable.role) of \(grantable.tenant) at \(grantable.provider):")
        if grantable.scopes.isEmpty {
            console.line("  nothing can be granted")
        } else {
            var writer = JSONWriter()
            writer.beginObject()
            writer.member("scope", grantable.scopes.joined(separator: " "))
            writer.endObject()
            console.line("  \(writer.text)")
        }
        for refused in grantable.refused { console.line("  not '\(refused.step)': \(refused.why)") }
        for registration in grantable.behind {
            let lacks = registration.missing.isEmpty ? nil : "lacks \(registration.missing.joined(separator: " "))"
            let excess =
                registration.excess.isEmpty ? nil : "has too much: \(registration.excess.joined(separator: " "))"
            let words = [lacks, excess].compactMap { $0 }.joined(separator: "; ")
            console.line("  the registration of '\(registration.client)' (\(registration.place)) \(words)")
        }
    }

    private static func json(_ grantable: Grantable) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("provider", grantable.provider.rawValue)
        writer.member("tenant", grantable.tenant.rawValue)
        writer.member("role", grantable.role.rawValue)
        writer.member("scope", grantable.scopes.joined(separator: " "))
        writer.member("scopes", grantable.scopes)
        writer.array("refused") { writer in
            for refused in grantable.refused {
                writer.beginObject()
                writer.member("step", refused.step.rawValue)
                writer.member("why", refused.why)
                writer.endObject()
            }
        }
        writer.array("behind") { writer in
            for registration in grantable.behind {
                writer.beginObject()
                writer.member("client", registration.client.rawValue)
                writer.member("place", registration.place.description)
                writer.member("missing", registration.missing)
                writer.member("excess", registration.excess)
                writer.endObject()
            }
        }
        writer.endObject()
        return writer.bytes
    }
}

extension CommandError {
    fileprivate init(_ problem: GrantableProblem) {
        func unknown(_ kind: String, _ name: String, _ near: String?) -> CommandError {
            CommandError(
                .badData,
                "unknown-\(kind)",
                "there is no \(kind) '\(Console.printable(name))'",
                hint: near.map { "did you mean '\(Console.printable($0))'?" }
            )
        }
        switch problem {
        case .unknownTenant(let tenant, let near): self = unknown("tenant", tenant.rawValue, near)
        case .unknownRole(let role, let near): self = unknown("role", role.rawValue, near)
        case .unknownStep(let step, let near): self = unknown("step", step.rawValue, near)
        case .stepNotInRole(let step, let role):
            self.init(
                .badData,
                "step-not-in-role",
                "the role '\(Console.printable(role.rawValue))' has no step '\(Console.printable(step.rawValue))'",
                hint: "'grantkeeper scopes explain \(Console.printable(role.rawValue))' shows its steps"
            )
        }
    }
}

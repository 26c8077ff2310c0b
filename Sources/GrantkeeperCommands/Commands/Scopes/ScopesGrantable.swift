internal import ArgumentParser
internal import Grants
internal import Records
internal import Scopes

struct ScopesGrantable: GrantkeeperCommand {
    static let configuration = CommandConfiguration(
        commandName: "grantable",
        abstract: "The least scopes for a new integration of a tenant, ready for a registration.",
        discussion: """
            They are called by each provider's words. Status 2 where the tenant may not take a step of the role, or \
            where a registration of a client with the role falls behind.
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var source: ScopeSource
    @Option(help: "The tenant.")
    var tenant: String
    @Option(help: "The role.")
    var role: String
    @Option(help: "Only this step of the role; may be given again.")
    var step: [String] = []
    @Option(help: "The provider; without it those of the tenant's clients. May be given again.")
    var provider: [String] = []
    @Option(help: "Where it will run, if not where the tenant runs.")
    var environment: String?

    func perform(_ program: ProgramEnvironment) async throws -> ExitStatus {
        let model = ScopeModel(try source.documents(program, common))
        let found: [Grantable]
        do throws(GrantableProblem) {
            found = try model.grantable(
                tenant: TenantID(tenant),
                role: RoleID(role),
                steps: step.map { StepID($0) },
                providers: provider.map { ProviderID($0) },
                environment: environment.map { EnvironmentID($0) }
            )
        } catch {
            throw CommandError(error)
        }
        guard !found.isEmpty else {
            throw CommandError(
                .usage,
                "no-provider",
                "no client names a provider, so nothing says how scopes are called",
                hint: "name one: --provider"
            )
        }
        let console = Console(program)
        if common.json {
            var writer = JSONWriter()
            writer.object { writer in
                writer.array("grantable") { writer in
                    for one in found { writer.add(one) }
                }
            }
            console.json(writer.bytes)
        } else {
            for (number, one) in found.enumerated() {
                if number > 0 { console.line() }
                for line in lines(of: one) { console.line(line) }
            }
        }
        return found.allSatisfy { $0.refused.isEmpty && $0.behind.isEmpty } ? .success : .findings
    }

    private func lines(of found: Grantable) -> [String] {
        let words = found.scopes.map { Console.printable($0) }
        var lines = ["'\(found.role)' of tenant '\(found.tenant)' at '\(found.provider)':"]
        if words.isEmpty {
            lines.append("  nothing")
        } else {
            lines.append("  request       scope=\(words.joined(separator: " "))")
            lines.append("  registration  \(String(decoding: found.registration, as: UTF8.self))")
            lines.append("  tenants.yaml  registered: [\(words.joined(separator: ", "))]")
        }
        for refused in found.refused {
            lines.append("  may not take step '\(refused.step)': \(refused.why)")
        }
        for registration in found.behind {
            lines.append("  \(registration.place): the registration of '\(registration.client)' falls behind")
            if !registration.missing.isEmpty { lines.append("    add: \(registration.missing.joined(separator: " "))") }
            if !registration.excess.isEmpty {
                lines.append("    remove: \(registration.excess.joined(separator: " "))")
            }
        }
        return lines
    }
}

extension Grantable {
    /// What a registration asks for (RFC 7591 §2).
    fileprivate var registration: [UInt8] {
        var writer = JSONWriter()
        writer.object { $0.member("scope", scopes.joined(separator: " ")) }
        return writer.bytes
    }
}

extension CommandError {
    fileprivate init(_ problem: GrantableProblem) {
        func unknown(_ what: String, _ name: some Identifier, _ near: String?) -> CommandError {
            CommandError(
                .usage,
                "unknown-\(what)",
                "no scope document has the \(what) '\(Console.printable(name.rawValue))'",
                hint: near.map { "did you mean '\(Console.printable($0))'?" }
            )
        }
        switch problem {
        case .unknownTenant(let name, let near): self = unknown("tenant", name, near)
        case .unknownRole(let name, let near): self = unknown("role", name, near)
        case .unknownStep(let name, let near): self = unknown("step", name, near)
        case .stepNotInRole(let step, let role):
            self.init(
                .usage,
                "step-not-in-role",
                "the role '\(role)' has no step '\(Console.printable(step.rawValue))'",
                hint: "'grantkeeper scopes explain \(role)' lists its steps"
            )
        }
    }
}

extension JSONWriter {
    fileprivate mutating func add(_ found: Grantable) {
        object { writer in
            writer.member("provider", found.provider.rawValue)
            writer.member("tenant", found.tenant.rawValue)
            writer.member("role", found.role.rawValue)
            writer.member("scopes", found.scopes)
            writer.member("scope", found.scopes.joined(separator: " "))
            writer.array("refused") { writer in
                for refused in found.refused {
                    writer.object { writer in
                        writer.member("step", refused.step.rawValue)
                        writer.member("why", refused.why)
                    }
                }
            }
            writer.array("behind") { writer in
                for registration in found.behind {
                    writer.object { writer in
                        writer.member("client", registration.client.rawValue)
                        writer.member("file", registration.place.file)
                        writer.member("line", registration.place.line)
                        writer.member("missing", registration.missing)
                        writer.member("excess", registration.excess)
                    }
                }
            }
        }
    }
}

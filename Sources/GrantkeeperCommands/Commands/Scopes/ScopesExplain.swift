internal import ArgumentParser
internal import Grants
internal import Records
internal import Scopes

struct ScopesExplain: GrantkeeperCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Why something may or may not be: a scope, a step, a role, a client or a tenant.",
        discussion: """
            NAME is looked for in all documents; where it stands for several things, each is explained. A scope may \
            be named by a provider's word. Each line ends with the place it was read at.
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var source: ScopeSource
    @Argument(help: "What to explain.")
    var name: String
    @Option(help: "The client of this tenant only.")
    var tenant: String?
    @Option(help: "The client at this provider only.")
    var provider: String?

    func perform(_ environment: ProgramEnvironment) async throws -> ExitStatus {
        let model = ScopeModel(try source.documents(environment, common))
        let explanations = subjects(in: model).compactMap { model.explain($0) }
        guard !explanations.isEmpty else {
            throw CommandError(
                .usage,
                "unknown-name",
                "no scope document names '\(Console.printable(name))'"
                    + (tenant == nil && provider == nil ? "" : " as a client of that tenant or provider"),
                hint: model.nearestName(to: name).map { "did you mean '\(Console.printable($0))'?" }
                    ?? "name a scope, a step, a role, a client or a tenant"
            )
        }
        let console = Console(environment)
        if common.json {
            var writer = JSONWriter()
            writer.object { writer in
                writer.array("explanations") { writer in
                    for explanation in explanations { writer.add(explanation) }
                }
            }
            console.json(writer.bytes)
        } else {
            for (number, explanation) in explanations.enumerated() {
                if number > 0 { console.line() }
                environment.output.write(Array(explanation.rendered(environment.treeLines).utf8))
            }
        }
        return .success
    }

    private func subjects(in model: ScopeModel) -> [ExplanationSubject] {
        let isClient = tenant != nil || provider != nil
        return model.subjects(named: name).compactMap { subject in
            guard case .client(let client, _, _) = subject else { return isClient ? nil : subject }
            return .client(client, tenant: tenant.map { TenantID($0) }, provider: provider.map { ProviderID($0) })
        }
    }
}

extension ProgramEnvironment {
    /// Letters that the locale may not have are left out.
    fileprivate var treeLines: Explanation.Lines {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].compactMap { variables[$0] }.first { !$0.isEmpty } ?? ""
        let name = locale.lowercased()
        return name.contains("utf-8") || name.contains("utf8") ? .box : .ascii
    }
}

extension JSONWriter {
    fileprivate mutating func add(_ explanation: Explanation) {
        object { writer in
            writer.member("title", explanation.title)
            switch explanation.mark {
            case .allowed: writer.member("mark", "allowed")
            case .notAllowed: writer.member("mark", "not-allowed")
            case .because: writer.member("mark", "because")
            case nil: break
            }
            if let place = explanation.place {
                writer.member("file", place.file)
                writer.member("line", place.line)
                writer.member("column", place.column)
            }
            guard !explanation.children.isEmpty else { return }
            writer.array("children") { writer in
                for child in explanation.children { writer.add(child) }
            }
        }
    }
}

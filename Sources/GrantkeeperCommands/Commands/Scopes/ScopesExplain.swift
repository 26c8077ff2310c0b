internal import ArgumentParser
internal import Grants
internal import Records
internal import Scopes

struct ScopesExplain: GrantkeeperCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Why a step, scope, role, client or tenant may or may not, as a tree.",
        discussion: "The name is looked up in the documents; one that stands for several things is explained for each."
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var source: ScopeSource
    @Argument(help: "A step, a scope (also by a provider's name for it), a role, a client or a tenant.")
    var name: String
    @Option(help: "Of clients of this name only the tenant's.")
    var tenant: String?
    @Option(help: "Of clients of this name only the one at this provider.")
    var provider: String?

    func perform(_ environment: ProgramEnvironment) async throws -> ExitStatus {
        let console = Console(environment)
        let model = ScopeModel(try source.documents(environment, common))
        let explanations = model.subjects(named: name).map(narrowed).compactMap(model.explain)
        guard !explanations.isEmpty else {
            throw CommandError(
                .badData,
                "unknown-name",
                "no document has the name '\(Console.printable(name))'"
                    + (tenant == nil && provider == nil ? "" : " there"),
                hint: model.nearestName(to: name).map { "did you mean '\(Console.printable($0))'?" }
            )
        }
        if common.json {
            for explanation in explanations {
                var writer = JSONWriter()
                writer.explanation(explanation)
                console.json(writer.bytes)
            }
        } else {
            for (number, explanation) in explanations.enumerated() {
                if number > 0 { console.line() }
                for line in explanation.rendered().split(separator: "\n") { console.line(String(line)) }
            }
        }
        return .success
    }

    private func narrowed(_ subject: ExplanationSubject) -> ExplanationSubject {
        guard case .client(let client, let tenant, let provider) = subject else { return subject }
        return .client(
            client,
            tenant: self.tenant.map { TenantID($0) } ?? tenant,
            provider: self.provider.map { ProviderID($0) } ?? provider
        )
    }
}

extension JSONWriter {
    fileprivate mutating func explanation(_ explanation: Explanation) {
        beginObject()
        member("title", explanation.title)
        if let mark = explanation.mark {
            let word =
                switch mark {
                case .allowed: "may"
                case .notAllowed: "may-not"
                case .because: "because"
                }
            member("mark", word)
        }
        if let place = explanation.place { member("place", place.description) }
        array("children") { writer in
            for child in explanation.children { writer.explanation(child) }
        }
        endObject()
    }
}

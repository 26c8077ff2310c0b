internal import ArgumentParser
internal import Grants
internal import Records
internal import Scopes

struct BlastRadiusCommand: GrantkeeperCommand {
    static let configuration = CommandConfiguration(
        commandName: "blast-radius",
        abstract: "What a breach of a client, a tenant, a provider or a scope lays open.",
        discussion: """
            Counted are the live grants of the store, what the scope documents say they can do, and the tokens and \
            families that they share with others. Nothing is sent and nothing written. 'contain' ends what this shows.

            --format svg needs Graphviz.
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var source: ScopeSource
    @Option(help: "The breached client; with --provider the one of that provider.")
    var client: String?
    @Option(help: "The breached tenant.")
    var tenant: String?
    @Option(help: "The breached provider.")
    var provider: String?
    @Option(help: "The scope whose grants are breached.")
    var scope: String?
    @Option(help: "How it is written.")
    var format: PictureFormat?

    func validate() throws {
        if common.json, let format, format != .json { throw ValidationError("--json and --format \(format) exclude") }
        let targets = [client, tenant, scope].count { $0 != nil } + (provider != nil && client == nil ? 1 : 0)
        guard targets == 1 else {
            throw ValidationError("name what is breached: one of --client, --tenant, --provider, --scope")
        }
    }

    func perform(_ environment: ProgramEnvironment) async throws -> ExitStatus {
        let model = ScopeModel(try source.documents(environment, common))
        let live = try await Session.run(environment, common, .read) { session in
            try await session.store.read { try LiveScopes($0) }
        }
        if format == .svg {
            environment.output.write(try await Picture.svg(try dot(model, live)))
        } else {
            try write(model, live, environment)
        }
        return .success
    }

    // What is not asynchronous is kept out of what is: the compiler (6.3.1, -O) fails on all of it in one coroutine.

    @inline(never)
    private func write(_ model: ScopeModel, _ live: LiveScopes, _ environment: ProgramEnvironment) throws {
        let radius = try radius(model, live)
        switch format ?? (common.json ? .json : .text) {
        case .text: BlastRadiusReport(radius).show(on: Console(environment))
        case .json: Console(environment).json(BlastRadiusReport(radius).json)
        case .dot, .svg: environment.output.write(Array(radius.dot().utf8))
        }
    }

    @inline(never)
    private func dot(_ model: ScopeModel, _ live: LiveScopes) throws -> String { try radius(model, live).dot() }

    private func radius(_ model: ScopeModel, _ live: LiveScopes) throws -> BlastRadius {
        model.blastRadius(
            of: try target(in: model.documents, live),
            holdings: live.holdings,
            shared: live.shared
        )
    }

    /// A name that neither the documents nor the store knows is an error: nothing would look like no harm.
    private func target(in documents: ScopeDocuments, _ live: LiveScopes) throws -> BreachTarget {
        if let client {
            var keys = Set(live.holdings.map { ClientKey(provider: $0.provider, client: $0.client) })
            for one in documents.tenants.flatMap(\.clients) {
                keys.insert(ClientKey(provider: one.provider.value, client: one.id.value))
            }
            let named = keys.filter { $0.client == ClientID(client) }
            let found = named.filter { $0.provider == provider.map { ProviderID($0) } ?? $0.provider }.sorted()
            guard let key = found.first else {
                guard named.isEmpty else {
                    throw Self.unknown(provider ?? "", "provider", among: named.map(\.provider.rawValue))
                }
                throw Self.unknown(client, "client", among: keys.map(\.client.rawValue))
            }
            guard found.count == 1 else {
                throw CommandError(
                    .usage,
                    "ambiguous-client",
                    "several providers have a client '\(Console.printable(client))': "
                        + found.map { Console.printable($0.provider.rawValue) }.joined(separator: ", "),
                    hint: "name one of them too: --provider"
                )
            }
            return .client(key)
        }
        if let tenant {
            try Self.check(tenant, "tenant", documents.names(of: "tenant") + live.holdings.map(\.tenant.rawValue))
            return .tenant(TenantID(tenant))
        }
        if let scope {
            try Self.check(scope, "scope", documents.names(of: "scope"))
            return .scope(ScopeName(scope))
        }
        let name = provider ?? ""
        try Self.check(name, "provider", documents.names(of: "provider") + live.holdings.map(\.provider.rawValue))
        return .provider(ProviderID(name))
    }

    private static func check(_ name: String, _ what: String, _ known: [String]) throws {
        let known = Set(known)
        if !known.contains(name) { throw unknown(name, what, among: Array(known)) }
    }

    private static func unknown(_ name: String, _ what: String, among known: [String]) -> CommandError {
        CommandError(
            .usage,
            "unknown-\(what)",
            "neither the scope documents nor the store have the \(what) '\(Console.printable(name))'",
            hint: nearestWord(to: name, in: Set(known).sorted()).map { "did you mean '\(Console.printable($0))'?" }
        )
    }
}

internal import Grants
internal import Records
internal import Scheduling
internal import Scopes

extension ScopeDocuments {
    /// Adds what a document says; the mistakes in it.
    mutating func take(_ file: ScopeFile) -> [ConfigurationProblem] {
        let reading = Reading(file: file.path, checks: .none, zones: .system)
        reading.hintIfEmpty = "write '\(file.kind.list): []', or remove the file"
        if let document = reading.compose(file.text) {
            switch file.kind {
            case .catalogue: catalogue = ScopeCatalogue(document)
            case .workflow: workflow = Workflow(document)
            case .roles: roles = document.list(of: "roles") { Role($0) }
            case .tenants: tenants += document.list(of: "tenants") { TenantAssignment($0) }
            case .allowLists: narrowings = document.list(of: "narrow") { AllowListNarrowing($0) }
            case .exceptions: exceptions = document.list(of: "exceptions") { ScopeException($0) }
            }
        }
        reading.reportMissedDuplicate()
        return reading.problems
    }

    /// Names that are given twice, where one must stand for one thing.
    func duplicates() -> [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        // A blanket is asked for like a scope, so both share one space of names.
        let scopes = catalogue.scopes.lazy.map(\.name)
        Self.report(Array(scopes) + catalogue.blankets.map(\.pattern), "scope", &problems)
        Self.report(workflow.steps.map(\.id), "step", &problems)
        Self.report(roles.map(\.id), "role", &problems)
        Self.report(tenants.map(\.id), "tenant", &problems)
        for tenant in tenants where tenant.clients.count > 1 {
            let clients = tenant.clients.map { client in
                Placed("\(client.id.value) at \(client.provider.value)", at: client.id.place)
            }
            Self.report(clients, "client", &problems)
        }
        return problems
    }

    private static func report<Name: Hashable & Sendable>(
        _ names: [Placed<Name>],
        _ kind: String,
        _ problems: inout [ConfigurationProblem]
    ) {
        var first: [Name: SourcePlace] = [:]
        first.reserveCapacity(names.count)
        for name in names {
            guard let place = first[name.value] else {
                first[name.value] = name.place
                continue
            }
            let file = place.file == name.place.file ? "" : "\(place.file):"
            problems.append(
                ConfigurationProblem(
                    file: name.place.file,
                    line: name.place.line,
                    column: name.place.column,
                    message: "the \(kind) '\(RecordError.printable("\(name.value)"))' is already at "
                        + "\(file)\(place.line):\(place.column)",
                    hint: "keep one of the two, or rename one"
                )
            )
        }
    }
}

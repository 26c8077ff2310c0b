internal import Grants
internal import Records
internal import Scopes

extension ScopeCatalogue {
    /// The known scopes; what has mistakes is left out after they were reported.
    init(_ document: YAMLValue) {
        self.init()
        let shape = YAMLValue.Shape(known: ["scopes", "blankets"], required: ["scopes"])
        guard let members = document.members(shape) else { return }
        scopes = members["scopes"]?.elements().compactMap { ScopeDefinition($0) } ?? []
        blankets = members["blankets"]?.elements().compactMap { Blanket($0) } ?? []
    }
}

extension ScopeDefinition {
    private static let shape = YAMLValue.Shape(
        known: [
            "name", "description", "family", "action", "risk", "implies", "environments", "parties", "names",
            "deprecated",
        ],
        required: ["name", "description", "family", "action", "risk"]
    )

    /// A scope, or nil after its mistakes were reported.
    init?(_ value: YAMLValue) {
        guard let members = value.members(Self.shape) else { return nil }
        let name = members["name"]?.scope()
        if let name, name.value.rawValue.contains("*") {
            members["name"]?.report(
                "'\(members["name"]?.name ?? "")' is a pattern, not a scope",
                hint: "describe it under 'blankets', with what it stands for"
            )
        }
        let description = members["description"]?.text()
        let family = members["family"]?.identifier()
        let action = members["action"]?.identifier()
        let risk = members["risk"]?.word(ScopeRisk.self)
        let implies = members["implies"]?.names { $0.scope() } ?? []
        if let name, let itself = implies.first(where: { $0.value == name.value }) {
            value.reading.report(
                at: Place(line: itself.place.line, column: itself.place.column),
                "'\(RecordError.printable(name.value.rawValue))' implies itself",
                hint: "remove it"
            )
        }
        let environments = members["environments"]?.environments()
        let parties = members["parties"]?.parties()
        let providerNames = members["names"]?.providerNames() ?? [:]
        let deprecation = members["deprecated"].flatMap { Deprecation($0) }
        guard let name, let description, let family, let action, let risk else { return nil }
        self.init(name: name, description: description, family: family, action: action, risk: risk)
        self.implies = implies
        self.environments = environments
        self.parties = parties
        self.providerNames = providerNames
        self.deprecation = deprecation
    }
}

extension ScopeDefinition.Deprecation {
    fileprivate init?(_ value: YAMLValue) {
        guard let members = value.members(YAMLValue.Shape(known: ["replacement", "since"])) else { return nil }
        self.init(
            replacement: members["replacement"]?.names { $0.scope() } ?? [],
            since: members["since"]?.text()
        )
    }
}

extension Blanket {
    private static let shape = YAMLValue.Shape(
        known: ["pattern", "stands_for", "description"],
        required: ["pattern", "stands_for"]
    )

    /// A blanket, or nil after its mistakes were reported.
    fileprivate init?(_ value: YAMLValue) {
        guard let members = value.members(Self.shape) else { return nil }
        let pattern = members["pattern"]?.scope()
        let standsFor = members["stands_for"]
        if let standsFor, standsFor.isEmptyList {
            standsFor.report("'\(standsFor.name)' is empty, so the blanket stands for nothing", hint: "list its scopes")
        }
        let scopes = standsFor?.names { $0.scope() }
        let description = members["description"]?.text()
        guard let pattern, let scopes else { return nil }
        self.init(pattern: pattern, standsFor: scopes, description: description)
    }
}

extension YAMLValue {
    /// `{ provider: its own name }`.
    fileprivate func providerNames() -> [ProviderID: Placed<String>] {
        var names: [ProviderID: Placed<String>] = [:]
        for (provider, value) in entries() {
            if let name = value.scopeToken() { names[ProviderID(provider)] = name }
        }
        return names
    }
}

internal import Records
internal import Scopes
internal import Yams

extension YAMLValue {
    private static let methods: Set = [
        "get", "put", "post", "delete", "options", "head", "patch", "trace", "query",
    ]

    /// A request for each entry of each `security` in an OpenAPI document, the whole document's and each operation's.
    ///
    /// Only schemes of the types `oauth2` and `openIdConnect` have scopes. References to other path items are not
    /// followed.
    func openAPISecurity() -> [RequestedScopes] {
        guard case .mapping = node else {
            reportType(expected: "an OpenAPI document")
            return []
        }
        let schemes = scopedSchemes()
        var requests = quietMember("security")?.securityRequirements(schemes) ?? []
        for section in ["paths", "webhooks"] {
            for (_, item) in quietMember(section)?.entries() ?? [] {
                for (method, operation) in item.entries() where Self.methods.contains(method.lowercased()) {
                    requests += operation.quietMember("security")?.securityRequirements(schemes) ?? []
                }
            }
        }
        return requests
    }

    /// All schemes by name, and whether each has scopes (`securityDefinitions` in version 2).
    private func scopedSchemes() -> [String: Bool] {
        let schemes = quietMember("components")?.quietMember("securitySchemes") ?? quietMember("securityDefinitions")
        var types: [String: Bool] = [:]
        for (name, scheme) in schemes?.entries() ?? [] {
            if scheme.quietMember("$ref") != nil {
                scheme.report("'\(scheme.name)' is a reference, which is not followed", hint: "write the scheme itself")
            }
            let type = scheme.quietMember("type")?.quietText
            types[name] = type == "oauth2" || type == "openIdConnect"
        }
        return types
    }

    private func securityRequirements(_ schemes: [String: Bool]) -> [RequestedScopes] {
        elements().compactMap { requirement in
            var scopes: [Placed<String>] = []
            var hasScopes = false
            for (name, list) in requirement.entries() {
                guard let isScoped = schemes[name] else {
                    let near = nearestWord(to: name, in: schemes.keys.sorted())
                    list.report(
                        "'\(list.name)' names a scheme that the document does not describe",
                        hint: near.map { "did you mean '\(RecordError.printable($0))'?" }
                            ?? "describe it under 'components.securitySchemes'"
                    )
                    continue
                }
                guard isScoped else { continue }
                hasScopes = true
                scopes += list.elements().compactMap { $0.scopeToken() }
            }
            return hasScopes && !scopes.isEmpty ? RequestedScopes(scopes: scopes, place: requirement.sourcePlace) : nil
        }
    }
}

internal import Grants
internal import Scopes
internal import Yams

extension YAMLValue {
    private static let requestShape = Shape(
        known: ["scopes", "tenant", "client", "provider", "role", "steps", "environment"],
        required: ["scopes"]
    )

    /// `requested:`, a list of scopes or of requests with their context.
    func requested() -> [RequestedScopes] {
        guard let list = members(Shape(known: ["requested"], required: ["requested"]))?["requested"] else { return [] }
        let elements = list.elements()
        let isPlain = !elements.isEmpty && elements.allSatisfy { $0.quietText != nil }
        guard isPlain else { return elements.compactMap { $0.request() } }
        return [RequestedScopes(scopes: elements.compactMap { $0.scopeToken() }, place: list.sourcePlace)]
    }

    private func request() -> RequestedScopes? {
        guard let members = members(Self.requestShape) else { return nil }
        let scopes = members["scopes"]?.elements().compactMap { $0.scopeToken() } ?? []
        var request = RequestedScopes(scopes: scopes, place: sourcePlace)
        request.tenant = members["tenant"]?.name(TenantID.self)
        request.client = members["client"]?.name(ClientID.self)
        request.provider = members["provider"]?.name(ProviderID.self)
        request.role = members["role"]?.name(RoleID.self)
        request.steps = members["steps"]?.names { $0.name(StepID.self) } ?? []
        request.environment = members["environment"]?.name(EnvironmentID.self)
        return request
    }

    /// A client's registration (RFC 7591 §2): `scope`, and `client_id` or else a `client_name` that could be one.
    func registration() -> RequestedScopes? {
        guard case .mapping = node else {
            reportType(expected: "a client's registration")
            return nil
        }
        guard let scope = quietMember("scope") else {
            report(
                "the registration has no 'scope'",
                hint: "without it the server registers what it likes (RFC 7591 §2)"
            )
            return nil
        }
        guard let scopes = scope.scopeWords() else { return nil }
        var request = RequestedScopes(scopes: scopes, place: scope.sourcePlace)
        for member in ["client_id", "client_name"] where request.client == nil {
            guard let value = quietMember(member), let text = value.quietText, !text.contains(" ") else { continue }
            request.client = value.name(ClientID.self)
        }
        return request
    }

    /// Scopes in one text, with blanks between them (RFC 6749 §3.3).
    private func scopeWords() -> [Placed<String>]? {
        // Keycloak and others write an empty text where a client asks for none.
        if case .scalar(let scalar) = node, scalar.string.isEmpty, !isNull { return [] }
        guard let text = text(), case .scalar(let scalar) = node else { return nil }
        let place = place
        let isQuoted = scalar.style == .doubleQuoted || scalar.style == .singleQuoted
        return Reading.words(of: text.unicodeScalars).compactMap { column, word in
            // A folded text has lost its lines: its words are where it begins.
            let isInLine = isQuoted || scalar.style == .plain
            let offset = isInLine ? column - 1 + (isQuoted ? 1 : 0) : 0
            return reading.scope(word, at: Place(line: place.line, column: place.column + offset))
        }
    }
}

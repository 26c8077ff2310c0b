package import Grants

extension ScopeModel {
    /// What the provider calls the scope: its own word, else the catalogue's name.
    package func word(for scope: ScopeName, at provider: ProviderID) -> String {
        scopes[scope].map { word(for: $0, at: provider) } ?? scope.rawValue
    }

    /// The scopes that a provider means by a word; several if it has one word for them; empty: unknown.
    package func scopeNames(called word: String, at provider: ProviderID) -> [ScopeName] {
        scopes.names(of: scopes(called: word, at: provider))
    }

    func word(for scope: Int, at provider: ProviderID) -> String {
        definitions[scope]?.providerNames[provider]?.value ?? scopes.names[scope].rawValue
    }

    /// In ascending order; a holder of the word holds all of them.
    func scopes(called word: String, at provider: ProviderID) -> [Int] {
        let own = words[provider]?[word] ?? []
        guard let named = scopes[ScopeName(word)], !(renamed[provider]?.contains(named) ?? false) else {
            return own.count > 1 ? own.sorted() : own
        }
        return own.isEmpty ? [named] : (own + [named]).sorted()
    }
}

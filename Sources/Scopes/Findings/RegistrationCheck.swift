internal import Grants

/// Compares what a client is registered with at its provider with what its roles need.
struct RegistrationCheck {
    let model: ScopeModel

    init(_ model: ScopeModel) { self.model = model }

    func findings(on integration: Integration) -> [ScopeFinding] {
        guard let registered = integration.assignment.registered else { return [] }
        let allowed = model.allowed(integration)
        var subject = ScopeFinding.Subject(tenant: integration.tenantID, client: integration.client)
        var findings: [ScopeFinding] = []
        var held: [Int] = []
        for name in registered {
            subject.scope = name.value
            let numbers = scopes(named: name.value, at: integration.provider)
            guard !numbers.isEmpty else {
                findings += [model.unknownScope(name, subject: subject)].compactMap { $0 }
                continue
            }
            held += numbers
            for number in numbers {
                let words = { [model] (number: Int) -> String in model.word(for: number, at: integration.provider) }
                findings += [model.deprecated(number, at: name.place, words: words, subject: subject)]
                    .compactMap { $0 }
            }
            guard let over = numbers.first(where: { !allowed.contains($0) }) else { continue }
            findings.append(tooMuch(name, over, allowed, integration, subject))
        }
        // A role that is not understood in full says nothing about what is missing.
        let closure = model.graph.closure(of: held)
        let missing = model.graph.minimalCover(of: allowed.subtracting(closure))
            .map { model.word(for: $0, at: integration.provider) }
        guard !missing.isEmpty else { return findings }
        subject.scope = nil
        findings.append(
            ScopeFinding(
                .registrationBehind,
                at: integration.assignment.id.place,
                "the registration of '\(integration.client)' for '\(integration.tenantID)' lacks \(quoted(missing))",
                why: "its roles need \(missing.count == 1 ? "it" : "them")",
                fix: ScopeFinding.Fix("register \(quoted(missing)) at '\(integration.provider)'"),
                subject: subject
            )
        )
        return findings
    }

    /// By the provider's word, else by the catalogue's name.
    func scopes(named name: ScopeName, at provider: ProviderID) -> [Int] {
        let called = model.scopes(called: name.rawValue, at: provider)
        return called.isEmpty ? [model.scopes[name]].compactMap { $0 } : called
    }

    private func tooMuch(
        _ name: Placed<ScopeName>,
        _ scope: Int,
        _ allowed: ScopeSet,
        _ integration: Integration,
        _ subject: ScopeFinding.Subject
    ) -> ScopeFinding {
        let within = model.graph.minimalCover(of: model.graph.closure(of: scope).intersection(allowed))
            .map { model.word(for: $0, at: integration.provider) }
        let isBlanket = model.blankets[scope] != nil
        return ScopeFinding(
            isBlanket ? .blanketScope : .registrationBehind,
            at: name.place,
            "the client '\(integration.client)' for '\(integration.tenantID)' is registered with '\(name.value)',"
                + " which its roles do not need",
            why: within.isEmpty
                ? "nothing of it is in the client's allow-list"
                : "of it, the allow-list has no more than \(quoted(within))",
            fix: within.isEmpty
                ? ScopeFinding.Fix("take it out of the registration", replacement: [])
                : ScopeFinding.Fix("register \(quoted(within)) instead", replacement: within),
            subject: subject
        )
    }
}

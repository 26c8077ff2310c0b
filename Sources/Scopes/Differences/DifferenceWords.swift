internal import Grants

/// Puts a difference into a sentence that stands in a changelog.
struct DifferenceWords {
    /// Of something besides coverage.
    struct Change {
        let member: ScopeSemantics.Member
        let old: [String]
        let new: [String]
    }

    let kind: ScopeDifference.Kind
    // Each the smallest set that covers the rest.
    let gained: [ScopeName]
    let lost: [ScopeName]
    let kept: [ScopeName]
    let changes: [Change]

    func sentence(on subject: ScopeDifference.Subject) -> String {
        let name = Self.name(of: subject)
        switch kind {
        case .added: return "\(name) is new\(with("; it \(verb(subject)) ", gained))."
        case .removed: return "\(name) is gone\(with("; it \(pastVerb(subject)) ", lost))."
        case .widened, .narrowed, .changed: break
        }
        var parts: [String] = []
        if !gained.isEmpty { parts.append("now \(verb(subject)) \(code(gained))") }
        if !lost.isEmpty {
            parts.append("no longer \(verb(subject)) \(code(lost))" + (kept.isEmpty ? "" : "; it keeps \(code(kept))"))
        }
        parts += changes.map { phrase($0) }
        return "\(name) \(parts.joined(separator: "; it "))."
    }

    private static func name(of subject: ScopeDifference.Subject) -> String {
        switch subject {
        case .scope(let name): "Scope `\(name)`"
        case .step(let name): "Step `\(name)`"
        case .separation(let steps): "The rule that no client takes \(code(steps)) together"
        case .role(let name): "Role `\(name)`"
        case .tenant(let name): "Tenant `\(name)`"
        case .client(let tenant, let key): "Client `\(key.client)` of tenant `\(tenant)` at `\(key.provider)`"
        }
    }

    private func verb(_ subject: ScopeDifference.Subject) -> String {
        switch subject {
        case .scope: "covers"
        case .step: "needs"
        case .separation, .role: "has"
        case .tenant, .client: "may hold"
        }
    }

    private func pastVerb(_ subject: ScopeDifference.Subject) -> String {
        switch subject {
        case .scope: "covered"
        case .step: "needed"
        case .separation, .role: "had"
        case .tenant, .client: "could hold"
        }
    }

    private func phrase(_ change: Change) -> String {
        let gone = change.old.filter { !change.new.contains($0) }
        let come = change.new.filter { !change.old.contains($0) }
        return switch change.member {
        case .parties: "is now for \(bounds(change.new, "every party"))"
        case .environments: "is now for \(bounds(change.new, "every environment"))"
        case .side: "is now taken by the \(change.new.joined())"
        case .party: "is now of the party \(code(change.new))"
        case .group:
            "is now in \(change.new.isEmpty ? "an isolation group of its own" : "the isolation group \(code(change.new))")"
        case .environment: "now runs in \(change.new.isEmpty ? "no environment" : code(change.new))"
        case .purpose: "is now for the purpose \(code(change.new))"
        case .words: "is called otherwise by providers: \(pairs(change.old)) before, \(pairs(change.new)) now"
        case .equals: come.isEmpty ? "is no longer the same as \(code(gone))" : "is now the same as \(code(come))"
        case .unknown: come.isEmpty ? "names no unknown scope any more" : "names the unknown \(code(come))"
        case .steps, .roles: moved(change.member.rawValue, come: come, gone: gone)
        case .narrowed: "is narrowed otherwise in what single roles allow"
        case .needs, .covers: ""
        }
    }

    private func moved(_ what: String, come: [String], gone: [String]) -> String {
        var parts: [String] = []
        if !come.isEmpty { parts.append("now has the \(what) \(code(come))") }
        if !gone.isEmpty { parts.append("no longer has the \(what) \(code(gone))") }
        return parts.joined(separator: " and ")
    }

    private func with(_ start: String, _ names: [ScopeName]) -> String { names.isEmpty ? "" : start + code(names) }

    /// The first word marks that there is a bound at all.
    private func bounds(_ words: [String], _ everything: String) -> String {
        words.isEmpty ? everything : words.count == 1 ? "nobody" : "\(code(Array(words.dropFirst()))) only"
    }

    private func pairs(_ words: [String]) -> String {
        guard !words.isEmpty else { return "by its name" }
        return stride(from: 0, to: words.count - 1, by: 2).map { "`\(words[$0 + 1])` at `\(words[$0])`" }
            .joined(separator: ", ")
    }
}

func code(_ names: [some Identifier]) -> String { code(names.map(\.rawValue)) }

/// Names in backticks: `a`, `b` and `c`; of many the first.
func code(_ names: [String]) -> String {
    var words = names.prefix(12).map { "`\($0)`" }
    if names.count > 12 { words.append("\(names.count - 12) more") }
    guard let last = words.popLast() else { return "nothing" }
    return words.isEmpty ? last : words.joined(separator: ", ") + " and " + last
}

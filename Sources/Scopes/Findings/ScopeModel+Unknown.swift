internal import Grants

extension ScopeModel {
    /// The nearest known word, sought only now that a word is unknown.
    func fixForUnknown<Name: Identifier>(_ word: String, in words: [Name]) -> ScopeFinding.Fix {
        let near = nearest.nearest(
            to: word,
            kind: "\(Name.self)",
            count: words.count,
            in: words.lazy.map(\.rawValue)
        )
        if let near {
            return ScopeFinding.Fix("did you mean '\(near)'?", replacement: [near])
        }
        return ScopeFinding.Fix("define it, or take it out")
    }

    func unknownScope(_ name: Placed<ScopeName>, subject: ScopeFinding.Subject = .init()) -> ScopeFinding? {
        guard scopes[name.value] == nil else { return nil }
        var subject = subject
        subject.scope = name.value
        let separator = MisplacedSeparator(in: name.value.rawValue) { scopes[ScopeName($0)] != nil }
        return ScopeFinding(
            .unknownScope,
            at: name.place,
            "the scope '\(name.value)' is not in the catalogue",
            why: separator?.why ?? "only what the catalogue defines can be judged",
            fix: separator?.fix ?? fixForUnknown(name.value.rawValue, in: scopes.names),
            subject: subject
        )
    }

    /// A deprecated scope that is still asked for.
    func deprecated(
        _ scope: Int,
        at place: SourcePlace,
        words: (Int) -> String,
        subject: ScopeFinding.Subject = .init()
    ) -> ScopeFinding? {
        guard let deprecation = definitions[scope]?.deprecation else { return nil }
        let known = deprecation.replacement.compactMap { scopes[$0.value] }.map(words)
        var subject = subject
        subject.scope = scopes.names[scope]
        return ScopeFinding(
            .deprecatedScope,
            at: place,
            "the scope '\(words(scope))' is deprecated",
            why: "the catalogue has deprecated it" + (deprecation.since.map { " since \($0)" } ?? ""),
            fix: known.isEmpty
                ? ScopeFinding.Fix("take it out: nothing takes its place", replacement: [])
                : ScopeFinding.Fix("ask for \(quoted(known)) instead", replacement: known),
            subject: subject
        )
    }
}

/// Words for a sentence: `'a', 'b' and 'c'`.
func quoted(_ words: some Collection<String>) -> String {
    let words = words.map { "'\($0)'" }
    guard let last = words.last, words.count > 1 else { return words.first ?? "nothing" }
    return words.dropLast().joined(separator: ", ") + " and " + last
}

internal import Grants
internal import Records
internal import Scopes

extension YAMLValue {
    var sourcePlace: SourcePlace {
        let place = place
        return SourcePlace(file: reading.file, line: place.line, column: place.column)
    }

    /// A name of something that these documents describe, or that the configuration does.
    func name<Name: Identifier>(_: Name.Type) -> Placed<Name>? {
        identifier().map { Placed(Name($0), at: sourcePlace) }
    }

    /// A scope (RFC 6749 §3.3, `scope-token`).
    func scope() -> Placed<ScopeName>? {
        scopeToken().map { Placed(ScopeName($0.value), at: $0.place) }
    }

    /// A scope as a provider writes it.
    func scopeToken() -> Placed<String>? {
        guard let text = text() else { return nil }
        guard let mistake = ScopeToken.mistake(in: text) else { return Placed(text, at: sourcePlace) }
        let isSeveral = text.contains(" ") || text.contains(",")
        report(
            "'\(name)' is no scope: \(mistake)",
            hint: isSeveral ? "write several as a list: [ticket.read, ticket.comment]" : nil
        )
        return nil
    }

    /// A list of names, each once.
    func names<Name>(_ element: (YAMLValue) -> Placed<Name>?) -> [Placed<Name>] {
        var names: [Placed<Name>] = []
        var seen: Set<Name> = []
        for value in elements() {
            guard let name = element(value) else { continue }
            if seen.insert(name.value).inserted {
                names.append(name)
            } else {
                value.report(
                    "'\(self.name)' lists '\(RecordError.printable("\(name.value)"))' twice",
                    hint: "keep one of the two"
                )
            }
        }
        return names
    }

    /// Whose clients something is for; a list without entries would leave nobody.
    func parties() -> Set<Party>? {
        reportIfNothingIsLeft()
        return words(Party.self)
    }

    /// Where something is allowed; a list without entries would leave nowhere.
    func environments() -> Set<EnvironmentID>? {
        reportIfNothingIsLeft()
        return Set(names { $0.name(EnvironmentID.self) }.map(\.value))
    }

    /// The entries of the only list in a document.
    func list<Entry>(of member: String, _ entry: (YAMLValue) -> Entry?) -> [Entry] {
        members(Shape(known: [member], required: [member]))?[member]?.elements().compactMap(entry) ?? []
    }

    func reportIfNothingIsLeft() {
        guard isEmptyList else { return }
        report("'\(name)' is empty, so nothing is left", hint: "remove it for all, or list some")
    }
}

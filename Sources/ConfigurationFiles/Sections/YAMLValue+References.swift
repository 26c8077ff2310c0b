internal import Grants
internal import Records

extension YAMLValue {
    /// The id of something that the file describes elsewhere.
    func reference(to names: KeyPath<KnownNames, [String]>, _ kind: String) -> String? {
        guard let text = identifier() else { return nil }
        let names = reading.known[keyPath: names]
        if !names.contains(text) {
            report(unknown(text, kind), hint: hint(for: text, among: names, kind))
        }
        return text
    }

    /// The id of a client, which may also hold grants without being described here.
    func likelyClient() -> String? {
        guard let text = identifier() else { return nil }
        let names = reading.known.clients
        if !names.contains(text), nearestWord(to: text, in: names) != nil {
            reading.warn(at: place, unknown(text, "client"), hint: hint(for: text, among: names, "client"))
        }
        return text
    }

    /// A list that narrows something down: one without entries would leave nothing.
    func narrowing(_ element: (YAMLValue) -> String?) -> [String]? {
        let elements = elements()
        if isEmptyList {
            report("'\(name)' is empty, so nothing is left", hint: "remove it for all, or list some")
        }
        return elements.compactMap(element)
    }

    /// Reports ids that several entries of one list have.
    func reportEqualIDs(_ ids: [(id: String, shown: String, value: YAMLValue)]) {
        var first: [String: YAMLValue] = [:]
        for (id, shown, value) in ids {
            if let other = first[id] {
                let place = "\(other.place.line):\(other.place.column)"
                value.report(
                    "'\(value.name)': '\(RecordError.printable(shown))' is already at \(place)",
                    hint: "an id names one entry of '\(name)'; choose another or remove one"
                )
            } else {
                first[id] = value
            }
        }
    }

    private func unknown(_ text: String, _ kind: String) -> String {
        "'\(name)' names the \(kind) '\(RecordError.printable(text))', which is not in '\(kind)s'"
    }

    private func hint(for text: String, among names: [String], _ kind: String) -> String {
        if let near = nearestWord(to: text, in: names) {
            return "did you mean '\(RecordError.printable(near))'?"
        }
        if names.isEmpty { return "describe it under '\(kind)s'" }
        let listed = names.prefix(8).map(RecordError.printable).joined(separator: ", ")
        return "known \(kind)s: \(listed)\(names.count > 8 ? ", …" : "")"
    }
}

internal import ConfigurationFiles
internal import Grants
internal import Scopes

/// The change of the tenants' documents that registers clients with what they need.
///
/// Only lists that can be rewritten line by line are changed: those in one line, and those of a line for each scope.
struct RegistrationPatch {
    /// What is left to a person, and why.
    private(set) var notes: [String] = []
    private var changes: [String: [UnifiedDiff.Change]] = [:]
    private let files: [ScopeFile]

    init(
        _ recommendations: [Recommendation],
        _ documents: ScopeDocuments,
        _ files: [ScopeFile],
        least: Recommendation.Confidence
    ) {
        self.files = files
        var registered: [SharedGrants.Owner: [Placed<ScopeName>]] = [:]
        for tenant in documents.tenants {
            for client in tenant.clients {
                let key = ClientKey(provider: client.provider.value, client: client.id.value)
                registered[SharedGrants.Owner(tenant: tenant.id.value, client: key)] = client.registered
            }
        }
        var lines: [String: [Substring]] = [:]
        for found in recommendations {
            let owner = SharedGrants.Owner(tenant: found.tenant, client: found.client)
            guard let names = registered[owner] else { continue }
            let old = names.map(\.value.rawValue)
            // What nothing allows is not written down anew.
            let new = found.keep.filter { !$0.isOutsidePolicy || old.contains($0.scope) }.map(\.scope)
            guard Set(old) != Set(new) || old.count != new.count else { continue }
            let who = "'\(found.client.client)' of '\(found.tenant)'"
            guard found.confidence >= least else {
                notes.append("\(who) is left as it is: the confidence is \(found.confidence.rawValue)")
                continue
            }
            guard let first = names.first, let file = files.first(where: { $0.path == first.place.file }) else {
                notes.append("\(who) is left as it is: its registration is empty; write \(new.joined(separator: " "))")
                continue
            }
            if lines[file.path] == nil {
                lines[file.path] = file.text.split(separator: "\n", omittingEmptySubsequences: false)
            }
            guard let change = Self.change(names, to: Self.ordered(new, as: old), in: lines[file.path] ?? []) else {
                notes.append(
                    "\(who) is left as it is: \(first.place) is no list of one line, or of a line for each scope"
                )
                continue
            }
            changes[file.path, default: []].append(change)
        }
    }

    func text(_ names: RelativeNames) -> String {
        files.reduce(into: "") { text, file in
            guard let changes = changes[file.path] else { return }
            text += UnifiedDiff(file.text, changes).text(path: names.name(of: file.path))
        }
    }

    /// What stays keeps its place.
    private static func ordered(_ new: [String], as old: [String]) -> [String] {
        old.filter { new.contains($0) } + new.filter { !old.contains($0) }
    }

    /// nil: the list is written in another way.
    private static func change(
        _ names: [Placed<ScopeName>],
        to new: [String],
        in lines: [Substring]
    ) -> UnifiedDiff.Change? {
        let numbers = names.map { $0.place.line - 1 }
        guard let first = numbers.first, lines.indices.contains(first) else { return nil }
        return numbers.allSatisfy { $0 == first }
            ? inOneLine(names, new, lines[first], at: first) : aLineEach(numbers, names, new, lines)
    }

    private static func inOneLine(
        _ names: [Placed<ScopeName>],
        _ new: [String],
        _ line: Substring,
        at number: Int
    ) -> UnifiedDiff.Change? {
        // Columns count Unicode scalars.
        let scalars = line.unicodeScalars
        guard let last = names.last, let start = names.first.map({ $0.place.column - 1 }), start < scalars.count,
            let open = scalars.prefix(start).lastIndex(of: "["),
            let close = scalars.dropFirst(last.place.column - 1).firstIndex(of: "]"),
            scalars[scalars.index(after: open)..<close].allSatisfy({ $0 != "[" && $0 != "#" && $0 != "{" })
        else { return nil }
        let words = new.map(word).joined(separator: ", ")
        return UnifiedDiff.Change(
            lines: number..<number + 1,
            new: [String(line[...open]) + words + String(line[close...])]
        )
    }

    private static func aLineEach(
        _ numbers: [Int],
        _ names: [Placed<ScopeName>],
        _ new: [String],
        _ lines: [Substring]
    ) -> UnifiedDiff.Change? {
        guard let first = numbers.first, numbers == Array(first..<first + numbers.count), !new.isEmpty,
            lines.indices.contains(first + numbers.count - 1)
        else { return nil }
        let indent = lines[first].prefix { $0 == " " }
        for (number, name) in zip(numbers, names) {
            let item = lines[number].dropFirst(indent.count)
            guard lines[number].hasPrefix(indent),
                [name.value.rawValue, word(name.value.rawValue)].contains(where: {
                    item == "- \($0)"
                })
            else { return nil }
        }
        return UnifiedDiff.Change(
            lines: first..<first + numbers.count,
            new: new.map { "\(indent)- \(word($0))" }
        )
    }

    /// As YAML reads it back: quoted where a plain word could mean something else.
    private static func word(_ scope: String) -> String {
        let isPlain =
            scope.first?.isLetter == true && scope.last != ":"
            && scope.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                    || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "._/:-".utf8.contains(byte)
            }
            && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(scope.lowercased())
        // No scope has a quote or a backslash in it (RFC 6749 §3.3).
        return isPlain ? scope : "\"\(scope)\""
    }
}

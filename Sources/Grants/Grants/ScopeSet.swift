/// The scopes of a grant: exact, case-sensitive strings; order and repetition mean nothing
/// (RFC 6749 §3.3).
package struct ScopeSet: Hashable, Sendable {
    /// Sorted by UTF-8 bytes, each once.
    package let names: [String]

    package init(_ names: some Sequence<String>) {
        let given = Array(names)
        // Most come so already.
        let isInOrder = zip(given, given.dropFirst()).allSatisfy { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        self.names = isInOrder ? given : Set(given).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// The RFC's own form: separated by one space.
    package init(joined text: String) {
        self.init(text.split(separator: " ").map(String.init))
    }

    package var joined: String { names.joined(separator: " ") }

    /// `scope-token = 1*( %x21 / %x23-5B / %x5D-7E )` (RFC 6749 §3.3).
    package static func isValidToken(_ token: String) -> Bool {
        !token.isEmpty && token.utf8.count <= 256
            && token.utf8.allSatisfy { $0 == 0x21 || (0x23...0x5b).contains($0) || (0x5d...0x7e).contains($0) }
    }
}

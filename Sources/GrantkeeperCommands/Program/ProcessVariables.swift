internal import Grants

/// The environment's variables, any of which may be a secret: read by name, never printed.
package struct ProcessVariables: Sendable, Unprintable, ExpressibleByDictionaryLiteral {
    private let values: [String: String]

    package init(_ values: [String: String]) { self.values = values }

    package init(dictionaryLiteral elements: (String, String)...) {
        self.init(Dictionary(elements) { _, last in last })
    }

    /// nil: it is not set.
    package subscript(_ name: String) -> String? { values[name] }

    /// Those of these names that are set.
    func only(_ names: String...) -> [String: String] { values.filter { names.contains($0.key) } }
}

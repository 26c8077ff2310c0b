internal import Records

/// A text as a key: equal if its UTF-8 is equal, as SQLite compares, where `String` takes canonical equivalents for one.
package struct ExactText: Hashable, Sendable {
    package let text: String

    package init(_ text: String) { self.text = text }

    package static func == (lhs: Self, rhs: Self) -> Bool { lhs.text.hasSameBytes(as: rhs.text) }

    package func hash(into hasher: inout Hasher) { text.hashBytes(into: &hasher) }
}

internal import Records

/// A name from the configuration or a record that must not be mixed up with another kind of name.
package protocol Identifier: RawRepresentable, Hashable, Comparable, Sendable,
    ExpressibleByStringLiteral, CustomStringConvertible
where RawValue == String {
    init(_ rawValue: String)
}

extension Identifier {
    package init(rawValue: String) { self.init(rawValue) }
    package init(stringLiteral value: String) { self.init(value) }
    package var description: String { rawValue }

    /// By UTF-8 bytes, as SQLite compares: `String`'s own `==` is canonical equivalence, which takes two names that
    /// the store tells apart for one.
    package static func == (lhs: Self, rhs: Self) -> Bool { lhs.rawValue.hasSameBytes(as: rhs.rawValue) }

    package func hash(into hasher: inout Hasher) { rawValue.hashBytes(into: &hasher) }

    /// By UTF-8 bytes, as SQLite's BINARY collation orders: plans are sorted the same everywhere.
    package static func < (lhs: Self, rhs: Self) -> Bool {
        lhs.rawValue.utf8.lexicographicallyPrecedes(rhs.rawValue.utf8)
    }
}

/// An authorization server, by its `id` in the configuration.
package struct ProviderID: Identifier {
    package let rawValue: String
    package init(_ rawValue: String) { self.rawValue = rawValue }
}

/// The organisation a grant belongs to.
package struct TenantID: Identifier {
    package let rawValue: String
    package init(_ rawValue: String) { self.rawValue = rawValue }
}

/// An OAuth client (RFC 6749 §2.2), unique within its provider.
package struct ClientID: Identifier {
    package let rawValue: String
    package init(_ rawValue: String) { self.rawValue = rawValue }
}

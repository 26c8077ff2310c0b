/// Where a word stands in a document.
package struct SourcePlace: Hashable, Comparable, Sendable {
    /// As the file was asked for.
    package var file: String
    /// Counted from 1.
    package var line: Int
    /// In Unicode scalars, counted from 1.
    package var column: Int

    package init(file: String, line: Int, column: Int) {
        self.file = file
        self.line = line
        self.column = column
    }

    package static func < (lhs: Self, rhs: Self) -> Bool {
        (lhs.file, lhs.line, lhs.column) < (rhs.file, rhs.line, rhs.column)
    }
}

/// A value with the place it was read at, so that a finding can point at the word to change.
package struct Placed<Value: Hashable & Sendable>: Hashable, Sendable {
    package var value: Value
    package var place: SourcePlace

    package init(_ value: Value, at place: SourcePlace) {
        self.value = value
        self.place = place
    }
}

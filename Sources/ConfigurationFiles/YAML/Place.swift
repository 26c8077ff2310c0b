internal import Yams

/// A position in a YAML text; both are counted from 1, the column in Unicode scalars.
struct Place: Hashable, Comparable {
    var line: Int
    var column: Int

    static let start = Place(line: 1, column: 1)

    init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    init(_ mark: Mark?) {
        line = max(1, mark?.line ?? 1)
        column = max(1, mark?.column ?? 1)
    }

    static func < (lhs: Place, rhs: Place) -> Bool {
        (lhs.line, lhs.column) < (rhs.line, rhs.column)
    }
}

/// A YAML text in which equal keys are told apart by tags, and the way back to the text as it was given.
///
/// Yams refuses a mapping with two equal keys and says where the first is, of one mapping only. With a tag of
/// its own before each, the keys differ, the tree is built, and every duplicate in the file can be told with
/// its place. A tag inside a comment does no harm; inside a text it is taken out again by ``original(_:)``.
struct KeyMarkers {
    private struct Insertion {
        var column: Int
        var length: Int
    }

    private static let prefix = "!grantkeeper-key-"

    /// The text to parse.
    private(set) var text: String
    private let given: String
    private var names: Set<String> = []
    private var insertions: [Int: [Insertion]] = [:]

    init(_ text: String) {
        self.text = text
        given = text
    }

    /// Tells apart all keys of these names; false if nothing is new, so that trying again is in vain.
    mutating func tellApart(_ names: [String]) -> Bool {
        let fresh = names.filter { !$0.isEmpty && !self.names.contains($0) }
        guard !fresh.isEmpty, !given.contains(Self.prefix) else { return false }
        self.names.formUnion(fresh)
        let before = text
        rewrite()
        return text != before
    }

    /// The place in the given text of a place in ``text``.
    func original(_ place: Place) -> Place {
        guard let insertions = insertions[place.line] else { return place }
        let added = insertions.filter { $0.column < place.column }.reduce(0) { $0 + $1.length }
        return Place(line: place.line, column: place.column - added)
    }

    /// A text of the tree as it was given.
    func original(_ text: String) -> String {
        guard !names.isEmpty, var start = text.firstRange(of: Self.prefix) else { return text }
        var rest = text[...]
        var result = ""
        while true {
            result += rest[..<start.lowerBound]
            rest = rest[start.upperBound...].drop { $0.isASCII && $0.isNumber }.dropFirst()
            guard let next = rest.firstRange(of: Self.prefix) else { return result + rest }
            start = next
        }
    }

    private mutating func rewrite() {
        let scalars = Array(given.unicodeScalars)
        let wanted = names.map { Array($0.unicodeScalars) }
        var result = String.UnicodeScalarView()
        var place = Place.start
        var count = 0
        insertions = [:]
        for index in scalars.indices {
            if wanted.contains(where: { Self.isKey($0, at: index, of: scalars) }) {
                let tag = "\(Self.prefix)\(count) ".unicodeScalars
                count += 1
                insertions[place.line, default: []].append(Insertion(column: place.column, length: tag.count))
                result.append(contentsOf: tag)
                place.column += tag.count
            }
            result.append(scalars[index])
            if Self.endsLine(at: index, of: scalars) {
                place = Place(line: place.line + 1, column: 1)
            } else {
                place.column += 1
            }
        }
        text = String(result)
    }

    /// The name begins here, perhaps in quotes, nothing belongs to it on the left, and a colon follows.
    private static func isKey(_ name: [Unicode.Scalar], at index: Int, of text: [Unicode.Scalar]) -> Bool {
        if index > 0, !" \t\r\n\u{85}\u{2028}\u{2029}{,[".unicodeScalars.contains(text[index - 1]) {
            return false
        }
        let quote: Unicode.Scalar? = text[index] == "\"" || text[index] == "'" ? text[index] : nil
        var end = index + (quote == nil ? 0 : 1)
        guard text[end...].starts(with: name) else { return false }
        end += name.count
        if let quote {
            guard end < text.count, text[end] == quote else { return false }
            end += 1
        }
        while end < text.count, text[end] == " " { end += 1 }
        guard end < text.count, text[end] == ":" else { return false }
        return quote != nil || end + 1 == text.count || " \t\r\n".unicodeScalars.contains(text[end + 1])
    }

    /// As libYAML counts lines (YAML 1.1 §5.4).
    private static func endsLine(at index: Int, of text: [Unicode.Scalar]) -> Bool {
        switch text[index] {
        case "\n", "\u{85}", "\u{2028}", "\u{2029}": true
        case "\r": index + 1 == text.count || text[index + 1] != "\n"
        default: false
        }
    }
}

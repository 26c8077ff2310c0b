internal import Scopes

extension Reading {
    /// Scopes with blanks and line ends between them; what begins with a hash is a comment.
    func requestedList(_ text: String) -> [RequestedScopes] {
        var scopes: [Placed<String>] = []
        for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            for (column, word) in Self.words(of: line.unicodeScalars) {
                if word.hasPrefix("#") { break }
                let place = Place(line: number + 1, column: column)
                if let scope = scope(word, at: place) { scopes.append(scope) }
            }
        }
        guard let first = scopes.first else { return [] }
        return [RequestedScopes(scopes: scopes, place: first.place)]
    }

    /// A scope of a text, or nil after a character was reported that cannot be in one.
    func scope(_ word: String, at place: Place) -> Placed<String>? {
        guard let mistake = ScopeToken.mistake(in: word) else { return Placed(word, at: sourcePlace(place)) }
        report(at: place, "this is no scope: \(mistake)")
        return nil
    }

    /// The words between blanks, each with its column, counted from 1 in Unicode scalars.
    static func words(of text: some Collection<Unicode.Scalar>) -> [(column: Int, word: String)] {
        var words: [(column: Int, word: String)] = []
        var word = String.UnicodeScalarView()
        var begin = 1
        for (index, scalar) in text.enumerated() {
            guard scalar == " " || scalar == "\t" || scalar == "\u{FEFF}" else {
                if word.isEmpty { begin = index + 1 }
                word.append(scalar)
                continue
            }
            if !word.isEmpty { words.append((begin, String(word))) }
            word = String.UnicodeScalarView()
        }
        if !word.isEmpty { words.append((begin, String(word))) }
        return words
    }
}

/// Something in one scope that was meant to stand between two.
///
/// Scopes are separated by blanks alone (RFC 6749 §3.3); in an authorization request those are written `+` or `%20`, once.
struct MisplacedSeparator {
    /// The scopes that were meant.
    let parts: [String]
    /// What separates nothing, and why it may be there.
    let why: String

    /// nil: the word looks like one scope.
    ///
    /// A plus sign may be a scope's own: it counts where `isKnown` knows one of the parts.
    init?(in word: String, isKnown: (String) -> Bool) {
        for (separator, why) in Self.reasons where word.contains(separator) {
            let parts = word.split(separator: separator).flatMap { $0.split(separator: " ").map { String($0) } }
            guard parts.count > 1, separator != "+" || parts.contains(where: isKnown) else { continue }
            self.parts = parts
            self.why = why
            return
        }
        return nil
    }

    var fix: ScopeFinding.Fix {
        ScopeFinding.Fix("write \(quoted(parts)) as scopes of their own", replacement: parts)
    }

    private static let comma = "'%2C' is a comma that was encoded once too often, and commas separate nothing"
    private static let plus = "'%2B' is a '+' that was encoded once too often, so that it separates nothing"
    private static let reasons = [
        (",", "commas separate nothing, they would be part of one scope: blanks separate scopes (RFC 6749 §3.3)"),
        (";", "semicolons separate nothing, they would be part of one scope: blanks separate scopes (RFC 6749 §3.3)"),
        ("%20", "'%20' is a blank that was encoded once too often, so that it separates nothing"),
        ("%2C", comma), ("%2c", comma), ("%2B", plus), ("%2b", plus),
        ("+", "the '+' was encoded (%2B), so that it separates nothing: a blank is written '%20' or '+'"),
    ]
}

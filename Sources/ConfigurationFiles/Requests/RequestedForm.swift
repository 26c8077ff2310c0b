/// How a file says which scopes are asked for.
package enum RequestedForm: String, CaseIterable, Sendable {
    /// `requested:`, in our own words.
    case yaml
    /// One scope a line, or several with blanks between them.
    case list
    /// Authorization requests (RFC 6749 §4.1.1), one a line.
    case url
    /// The `security` of an OpenAPI document.
    case openapi
    /// A client's registration (RFC 7591 §2).
    case registration

    /// Whether a file of this form that asks for no scope is a whole document.
    var mayAskForNothing: Bool {
        switch self {
        case .yaml, .openapi, .registration: true
        case .list, .url: false
        }
    }

    /// The form of a text; nil where it could be several.
    package init?(detecting text: String) {
        let lines = text.split(whereSeparator: \.isNewline).map {
            $0.drop { $0 == " " || $0 == "\t" || $0 == "\u{FEFF}" }
        }
        .filter { !$0.isEmpty && !$0.hasPrefix("#") && !$0.hasPrefix("---") && !$0.hasPrefix("%YAML") }
        if lines.first?.hasPrefix("{") ?? false {
            if Self.hasMember(["openapi", "swagger"], lines) {
                self = .openapi
            } else if Self.hasMember(["requested"], lines) {
                self = .yaml
            } else {
                self = .registration
            }
        } else if Self.hasMember(["requested"], lines) {
            self = .yaml
        } else if Self.hasMember(["openapi", "swagger"], lines) {
            self = .openapi
        } else if let first = lines.first, first.hasPrefix("https://") || first.hasPrefix("http://"),
            first.contains("?")
        {
            self = .url
        } else if lines.contains(where: { $0.hasSuffix(":") || $0.contains(": ") || $0.hasPrefix("- ") }) {
            return nil
        } else {
            self = .list
        }
    }

    private static func hasMember(_ names: [String], _ lines: [Substring]) -> Bool {
        lines.contains { line in
            names.contains { name in
                line.hasPrefix("\(name):") || line.contains("\"\(name)\":") || line.contains("\"\(name)\" :")
            }
        }
    }
}

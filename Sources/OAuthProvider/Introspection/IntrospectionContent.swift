internal import Grants
internal import Records
internal import Synchronization

/// The members of an introspection response that a decision needs; the others are read past, and strictly.
///
/// A fact of the wrong type or of absurd size is taken for absent: it is not worth losing `active` for.
struct IntrospectionContent {
    /// nil: missing, or not a JSON boolean.
    private(set) var active: Bool?
    private(set) var facts = TokenFacts()

    private static let longestName = 1_024
    private static let longestScope = 16_384
    private static let mostScopes = 1_000

    init(_ scanner: inout JSONScanner) throws(RecordError) {
        try scanner.beginObject()
        while let name = try scanner.nextMember() {
            let kind = try scanner.peekKind()
            switch (name, kind) {
            case ("active", .bool): active = try scanner.readBool()
            case ("client_id", .string):
                facts.client = Self.name(try scanner.readString()).map { ClientID($0) }
            case ("sub", .string): facts.subject = Self.name(try scanner.readString())
            case ("scope", .string): facts.scopes = Self.scopes(try scanner.readString())
            case ("scope", .array): facts.scopes = try Self.scopes(inArray: &scanner)
            case ("iat", .number): facts.issuedAt = Self.time(try scanner.readDouble())
            case ("exp", .number): facts.expiresAt = Self.time(try scanner.readDouble())
            default: try scanner.skipValue()
            }
        }
    }

    private static func name(_ text: String) -> String? {
        guard !text.isEmpty, text.utf8.count <= longestName else { return nil }
        if text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) { return text }
        return text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control } ? text : nil
    }

    private static func scopes(_ text: String) -> ScopeSet? {
        guard text.utf8.count <= longestScope else { return nil }
        if let known = knownScopes.withLock({ $0[text] }) { return known }
        // Some servers separate by commas, which RFC 6749 §3.3 would let a scope hold.
        guard let scopes = scopeSet(text.split { $0 == " " || $0 == "," }.map(String.init)) else { return nil }
        guard text.utf8.count <= longestKnown else { return scopes }
        knownScopes.withLock { known in
            if known.count >= mostKnown { known.removeAll(keepingCapacity: true) }
            known[text] = scopes
        }
        return scopes
    }

    /// An array where RFC 7662 §2.2 wants one text.
    private static func scopes(inArray scanner: inout JSONScanner) throws(RecordError) -> ScopeSet? {
        try scanner.beginArray()
        var names: [String]? = []
        while try scanner.nextElement() {
            if try scanner.peekKind() == .string {
                let name = try scanner.readString()
                if names?.count ?? 0 <= mostScopes { names?.append(name) }
            } else {
                try scanner.skipValue()
                names = nil
            }
        }
        return names.flatMap(scopeSet)
    }

    /// All of the names or none: a part would look like scopes lost.
    ///
    /// Empty is not absent (RFC 7662 §2.2).
    private static func scopeSet(_ names: [String]) -> ScopeSet? {
        guard names.count <= mostScopes, names.allSatisfy(ScopeSet.isValidToken) else { return nil }
        return ScopeSet(names)
    }

    /// A server's grants have few sets of scopes among them.
    private static let knownScopes = Mutex<[String: ScopeSet]>([:])
    private static let mostKnown = 256
    private static let longestKnown = 512

    /// Seconds since 1970, up to the year 9999; a time in milliseconds is beyond that.
    private static func time(_ seconds: Double) -> Timestamp? {
        guard seconds > 0, seconds <= Double(RFC3339.latest / 1_000) else { return nil }
        return Timestamp(milliseconds: Int64(seconds * 1_000))
    }
}

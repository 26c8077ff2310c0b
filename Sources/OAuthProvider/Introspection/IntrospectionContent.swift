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
            case ("scope", .array): facts.scopes = try Self.scopeArray(&scanner)
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
        // All or none: a part would look like scopes lost. Empty is not absent (RFC 7662 §2.2).
        let names = text.split(separator: " ").flatMap(Self.parts)
        guard names.count <= mostScopes, names.allSatisfy(ScopeSet.isValidToken) else { return nil }
        let scopes = ScopeSet(names)
        guard text.utf8.count <= longestKnown else { return scopes }
        knownScopes.withLock { known in
            if known.count >= mostKnown { known.removeAll(keepingCapacity: true) }
            known[text] = scopes
        }
        return scopes
    }

    /// Some servers separate by commas what RFC 7662 separates by spaces.
    private static func parts(_ name: Substring) -> [String] {
        name.utf8.contains(UInt8(ascii: ",")) ? name.split(separator: ",").map(String.init) : [String(name)]
    }

    /// Some servers send an array of scopes instead of one text; nil: one of them is none.
    private static func scopeArray(_ scanner: inout JSONScanner) throws(RecordError) -> ScopeSet? {
        var names: [String]? = []
        try scanner.beginArray()
        while try scanner.nextElement() {
            guard try scanner.peekKind() == .string else {
                try scanner.skipValue()
                names = nil
                continue
            }
            names?.append(try scanner.readString())
            if let count = names?.count, count > mostScopes { names = nil }
        }
        guard let names, names.allSatisfy(ScopeSet.isValidToken) else { return nil }
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

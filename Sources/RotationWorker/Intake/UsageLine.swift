internal import Grants
internal import Records

/// One line of a usage log: a use of a grant, or how far its feed has observed.
///
/// Its texts stay where they are in the line.
enum UsageLine {
    case use(Use)
    case observed(feed: ScannedString, until: Timestamp)
    case begins(feed: ScannedString, from: Timestamp)

    /// Which grant was used when, named in one of three ways.
    struct Use {
        enum Name {
            case grant(ScannedString)
            /// SHA-256 of the token.
            case tokenDigest([UInt8])
            case token(ScannedString)
            case subject(client: ScannedString, ScannedString)
        }

        var feed: ScannedString
        var at: Timestamp
        var name: Name
        var provider: ScannedString?
        /// The line's client, whatever names the grant.
        var client: ScannedString?
        /// What was used of the grant: scope names with one space between them.
        var scopes: ScannedString?
        /// The HTTP status with which the use was answered; nil: none is given.
        var status: Int?
    }

    static let members: MemberSet = [
        "feed", "at", "grant", "token_sha256", "token", "client", "subject", "provider", "scope", "status",
        "required_scope", "step", "observed_until", "observed_from",
    ]

    /// `feed` is set as soon as it is read: a line that cannot be read on counts for it.
    init(_ scanner: inout JSONScanner, feed: inout ScannedString?) throws(RecordError) {
        var at: Timestamp?
        var until: Timestamp?
        var from: Timestamp?
        var grant: ScannedString?
        var digest: [UInt8]?
        var token: ScannedString?
        var client: ScannedString?
        var subject: ScannedString?
        var provider: ScannedString?
        var scopes: ScannedString?
        var status: Int?
        try scanner.beginObject()
        while let name = try scanner.nextMember() {
            switch name {
            case "feed": feed = try scanner.readInPlace(maximumBytes: 128)
            case "at": at = Timestamp(milliseconds: try scanner.readTimeOfGrant())
            case "observed_until": until = Timestamp(milliseconds: try scanner.readTimeOfGrant())
            case "observed_from": from = Timestamp(milliseconds: try scanner.readTimeOfGrant())
            case "grant": grant = try scanner.readInPlace(maximumBytes: 512)
            case "token_sha256": digest = try Self.digest(&scanner)
            case "token": token = try scanner.readInPlace(maximumBytes: 65_536)
            case "client": client = try scanner.readInPlace(maximumBytes: 512)
            case "subject": subject = try scanner.readInPlace(maximumBytes: 512)
            case "provider": provider = try scanner.readInPlace(maximumBytes: 512)
            case "scope":
                if try scanner.peekKind() == .string {
                    scopes = try scanner.readInPlace()
                } else {
                    try scanner.skipValue()
                }
            case "status":
                if try scanner.peekKind() == .number {
                    status = Int(exactly: try scanner.readDouble().rounded())
                } else {
                    try scanner.skipValue()
                }
            case "required_scope", "step": try scanner.skipValue()
            default: try scanner.skipUnknownMember(name, known: Self.members)
            }
        }
        guard let source = feed else { throw scanner.missingMember("feed") }
        if until != nil || from != nil {
            let namesUse = at != nil || grant != nil || digest != nil || token != nil || client != nil
            guard !namesUse, until == nil || from == nil else {
                throw scanner.error(
                    .badValue,
                    "a line is either a use, or observed_from, or observed_until",
                    hint: "write one line each"
                )
            }
        }
        if let until {
            self = .observed(feed: source, until: until)
            return
        }
        if let from {
            self = .begins(feed: source, from: from)
            return
        }
        let named: Use.Name
        if let grant {
            named = .grant(grant)
        } else if let digest {
            named = .tokenDigest(digest)
        } else if let token {
            named = .token(token)
        } else if let client, let subject {
            named = .subject(client: client, subject)
        } else {
            throw scanner.error(
                .missingMember,
                "names no grant",
                hint: "give one of grant, token_sha256, token, or client with subject"
            )
        }
        guard let at else { throw scanner.missingMember("at") }
        self = .use(
            Use(
                feed: source,
                at: at,
                name: named,
                provider: provider,
                client: client,
                scopes: scopes,
                status: status
            )
        )
    }

    private static func digest(_ scanner: inout JSONScanner) throws(RecordError) -> [UInt8] {
        let text = try scanner.readString(maximumBytes: 64)
        var bytes: [UInt8] = []
        var high: UInt8?
        for scalar in text.unicodeScalars {
            guard let digit = Character(scalar).hexDigitValue, scalar.isASCII else {
                throw scanner.error(.badValue, "expected 64 hexadecimal digits")
            }
            if let first = high {
                bytes.append(first << 4 | UInt8(digit))
                high = nil
            } else {
                high = UInt8(digit)
            }
        }
        guard bytes.count == 32 else { throw scanner.error(.badValue, "expected 64 hexadecimal digits") }
        return bytes
    }
}

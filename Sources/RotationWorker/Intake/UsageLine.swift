internal import Grants
internal import Records

/// One line of a usage log: a use of a grant, or how far its feed has observed.
enum UsageLine: Sendable {
    case use(Use)
    case observed(feed: String, until: Timestamp)
    case begins(feed: String, from: Timestamp)

    /// Which grant was used when, named in one of three ways.
    struct Use: Sendable {
        enum Name: Sendable {
            case grant(String)
            /// SHA-256 of the token.
            case tokenDigest([UInt8])
            case token(Secret)
            case subject(ClientID, String)
        }

        var feed: String
        var at: Timestamp
        var name: Name
        var provider: ProviderID?
    }

    static let members: MemberSet = [
        "feed", "at", "grant", "token_sha256", "token", "client", "subject", "provider", "scope", "status",
        "required_scope", "step", "observed_until", "observed_from",
    ]

    init(_ scanner: inout JSONScanner) throws(RecordError) {
        var feed: String?
        var at: Timestamp?
        var until: Timestamp?
        var from: Timestamp?
        var grant: String?
        var digest: [UInt8]?
        var token: Secret?
        var client: String?
        var subject: String?
        var provider: String?
        try scanner.beginObject()
        while let name = try scanner.nextMember() {
            switch name {
            case "feed": feed = try scanner.readString(maximumBytes: 128)
            case "at": at = Timestamp(milliseconds: try scanner.readTime())
            case "observed_until": until = Timestamp(milliseconds: try scanner.readTime())
            case "observed_from": from = Timestamp(milliseconds: try scanner.readTime())
            case "grant": grant = try scanner.readString(maximumBytes: 512)
            case "token_sha256": digest = try Self.digest(&scanner)
            case "token": token = Secret(try scanner.readStringBytes(maximumBytes: 65_536))
            case "client": client = try scanner.readString(maximumBytes: 512)
            case "subject": subject = try scanner.readString(maximumBytes: 512)
            case "provider": provider = try scanner.readString(maximumBytes: 512)
            case "scope", "required_scope", "step", "status": try scanner.skipValue()
            default: try scanner.skipUnknownMember(name, known: Self.members)
            }
        }
        let source = try scanner.require(feed, "feed")
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
            named = .subject(ClientID(client), subject)
        } else {
            throw scanner.error(
                .missingMember,
                "names no grant",
                hint: "give one of grant, token_sha256, token, or client with subject"
            )
        }
        self = .use(
            Use(
                feed: source,
                at: try scanner.require(at, "at"),
                name: named,
                provider: provider.map { ProviderID($0) }
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

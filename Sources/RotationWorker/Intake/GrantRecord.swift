internal import Grants
internal import Records

/// One line of a grant file, as it was written: what is absent, what is cleared, what has a value.
struct GrantRecord: Sendable {
    /// A member that may be absent or null.
    enum Member<Value: Sendable>: Sendable {
        case absent
        case null
        case value(Value)

        var value: Value? { if case .value(let value) = self { value } else { nil } }

        /// What is stored after the member: an absent one leaves it, null clears it.
        func merged(into stored: Value?) -> Value? {
            switch self {
            case .absent: stored
            case .null: nil
            case .value(let value): value
            }
        }

        fileprivate init(_ value: Value?) {
            self = value.map { .value($0) } ?? .null
        }
    }

    /// The members that every record has.
    private enum Required: String, CaseIterable {
        case id, provider, tenant, client, scopes
        case issuedAt = "issued_at"

        var bit: UInt8 {
            switch self {
            case .id: 1
            case .provider: 2
            case .tenant: 4
            case .client: 8
            case .scopes: 16
            case .issuedAt: 32
            }
        }
    }

    static let members: MemberSet = [
        "id", "provider", "tenant", "client", "subject", "role", "environment", "scopes", "family",
        "provider_grant_id", "issued_at", "expires_at", "access_token_expires_at", "refresh_token_expires_at",
        "last_used_at", "observed_from", "observed_until", "access_token", "refresh_token", "has_refresh_token",
        "x_exported_at",
    ]
    static let maximumName = 512
    static let maximumToken = 65_536

    var id = ""
    var provider = ProviderID("")
    var tenant = TenantID("")
    var client = ClientID("")
    var scopes = ScopeSet([String]())
    var issuedAt = Timestamp.distantPast
    var subject = Member<String>.absent
    var role = Member<String>.absent
    var environment = Member<String>.absent
    var family = Member<String>.absent
    var providerGrantID = Member<String>.absent
    var expiresAt = Member<Timestamp>.absent
    var accessTokenExpiresAt = Member<Timestamp>.absent
    var refreshTokenExpiresAt = Member<Timestamp>.absent
    var lastUsedAt = Member<Timestamp>.absent
    var observedFrom = Member<Timestamp>.absent
    var observedUntil = Member<Timestamp>.absent
    var accessToken = Member<Secret>.absent
    var refreshToken = Member<Secret>.absent
    var claimsRefreshToken: Bool?
    /// When our own export wrote the line.
    var exportedAt: Timestamp?

    var key: Grant.Key { .init(provider: provider, id: id) }

    /// Those that it has.
    var tokens: [TokenKind: Secret] {
        var tokens: [TokenKind: Secret] = [:]
        tokens[.accessToken] = accessToken.value
        tokens[.refreshToken] = refreshToken.value
        return tokens
    }

    init(_ line: Span<UInt8>, _ number: Int, now: Timestamp) throws(RecordError) {
        self = try JSONScanner.scan(bytes: line, line: number) { (scanner) throws(RecordError) in
            try GrantRecord(&scanner, now: now)
        }
    }

    /// Reads one line; the error names place and member, never a value.
    init(_ scanner: inout JSONScanner, now: Timestamp) throws(RecordError) {
        let latest = now + .minutes(5)
        var given: UInt8 = 0
        if try scanner.peekKind() == .array {
            throw scanner.error(
                .wrongType,
                "expected an object, found an array",
                hint: "write one object a line: jq -c '.[]' FILE"
            )
        }
        try scanner.beginObject()
        while let name = try scanner.nextMember() {
            switch name {
            case "id":
                id = try Self.name(&scanner)
                given |= Required.id.bit
            case "provider":
                provider = ProviderID(try Self.fitName(&scanner))
                given |= Required.provider.bit
            case "tenant":
                tenant = TenantID(try Self.fitName(&scanner))
                given |= Required.tenant.bit
            case "client":
                client = ClientID(try Self.fitName(&scanner))
                given |= Required.client.bit
            case "subject": subject = .init(try Self.nameOrNull(&scanner))
            case "role": role = .init(try Self.nameOrNull(&scanner))
            case "environment": environment = .init(try Self.nameOrNull(&scanner))
            case "family": family = .init(try Self.nameOrNull(&scanner))
            case "provider_grant_id": providerGrantID = .init(try Self.nameOrNull(&scanner))
            case "scopes":
                scopes = try Self.scopes(&scanner)
                given |= Required.scopes.bit
            case "issued_at":
                issuedAt = try Self.past(&scanner, latest)
                given |= Required.issuedAt.bit
            case "expires_at": expiresAt = .init(try Self.timeOrNull(&scanner))
            case "access_token_expires_at": accessTokenExpiresAt = .init(try Self.timeOrNull(&scanner))
            case "refresh_token_expires_at": refreshTokenExpiresAt = .init(try Self.timeOrNull(&scanner))
            case "last_used_at": lastUsedAt = .init(try Self.pastOrNull(&scanner, latest))
            case "observed_from": observedFrom = .init(try Self.pastOrNull(&scanner, latest))
            case "observed_until": observedUntil = .init(try Self.pastOrNull(&scanner, latest))
            case "access_token": accessToken = .init(try Self.tokenOrNull(&scanner))
            case "refresh_token": refreshToken = .init(try Self.tokenOrNull(&scanner))
            case "has_refresh_token": claimsRefreshToken = try scanner.readBool()
            case "x_exported_at": exportedAt = Timestamp(milliseconds: try scanner.readTimeOfGrant())
            default: try scanner.skipUnknownMember(name, known: Self.members)
            }
        }
        for required in Required.allCases where given & required.bit == 0 {
            throw scanner.missingMember(required.rawValue)
        }
        try refuseBeforeIssue(expiresAt, "expires_at", scanner)
        try refuseBeforeIssue(accessTokenExpiresAt, "access_token_expires_at", scanner)
        try refuseBeforeIssue(refreshTokenExpiresAt, "refresh_token_expires_at", scanner)
        try refuseBeforeIssue(lastUsedAt, "last_used_at", scanner)
        try refuseBeforeIssue(observedUntil, "observed_until", scanner)
    }

    /// No grant ends, is used or is observed to an end before it is issued; five minutes are two clocks' difference.
    private func refuseBeforeIssue(
        _ member: Member<Timestamp>,
        _ name: String,
        _ scanner: borrowing JSONScanner
    ) throws(RecordError) {
        guard case .value(let time) = member, time < issuedAt - .minutes(5) else { return }
        var error = scanner.missingMember(name)
        error.code = .outOfRange
        error.message = "the time lies before issued_at"
        error.hint = "write null where there is none, or correct issued_at"
        throw error
    }

    /// Until when the line tells of the grant.
    func toldAt(_ now: Timestamp) -> Timestamp {
        let told = observedUntil.value ?? lastUsedAt.value ?? now
        return exportedAt.map { min($0, told) } ?? told
    }

    /// A name that is taken as it comes, and is not in form C.
    var hasUnnormalizedName: Bool {
        if !id.isNormalized { return true }
        if case .value(let subject) = subject, !subject.isNormalized { return true }
        if case .value(let family) = family, !family.isNormalized { return true }
        return false
    }

    /// A scope that looks like several: with a comma, or with an encoded blank or plus sign.
    var hasJoinedScope: Bool { scopes.names.contains(where: Self.looksJoined) }

    private static func looksJoined(_ scope: String) -> Bool {
        var text = scope
        let mayBe = text.withUTF8 { $0.contains(UInt8(ascii: ",")) || $0.contains(UInt8(ascii: "%")) }
        guard mayBe else { return false }
        return scope.utf8.contains(UInt8(ascii: ","))
            || ["%2b", "%20", "%2520", "%2c", "%252b"].contains { scope.lowercased().contains($0) }
    }

    /// A name that rules and orders select by: no other may look the same.
    private static func fitName(_ scanner: inout JSONScanner) throws(RecordError) -> String {
        let text = try name(&scanner)
        if let fault = NameFault(of: text) { throw scanner.error(.badValue, fault.message, hint: fault.hint) }
        return text
    }

    private static func name(_ scanner: inout JSONScanner) throws(RecordError) -> String {
        if try scanner.peekKind() == .number {
            throw scanner.error(
                .wrongType,
                "expected a string, found a number",
                hint: "write it in quotes: jq -c '.id |= tostring' FILE"
            )
        }
        let text = try scanner.readString(maximumBytes: maximumName)
        guard !text.isEmpty else { throw scanner.error(.badValue, "must not be empty") }
        if text.isPrintableASCII { return text }
        // Every byte of a longer sequence is past 0x7F.
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw scanner.error(.badValue, "must not contain control characters")
        }
        return text
    }

    private static func nameOrNull(_ scanner: inout JSONScanner) throws(RecordError) -> String? {
        try scanner.readNullIfPresent() ? nil : name(&scanner)
    }

    private static func tokenOrNull(_ scanner: inout JSONScanner) throws(RecordError) -> Secret? {
        if try scanner.readNullIfPresent() { return nil }
        let bytes = try scanner.readStringBytes(maximumBytes: maximumToken)
        // VSCHAR (RFC 6749 appendix A.12, A.17).
        guard !bytes.isEmpty, bytes.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw scanner.error(.badValue, "a token is one or more printable ASCII characters (RFC 6749 §A.12)")
        }
        return Secret(bytes)
    }

    private static func scopes(_ scanner: inout JSONScanner) throws(RecordError) -> ScopeSet {
        let names = try scanner.readStrings()
        guard names.allSatisfy(ScopeSet.isValidToken) else {
            throw scanner.error(
                .badValue,
                "a scope is printable ASCII without space, \" and \\ (RFC 6749 §3.3)",
                hint: "give several scopes as several strings: [\"ticket.read\",\"ticket.comment\"]"
            )
        }
        return ScopeSet(names)
    }

    private static func timeOrNull(_ scanner: inout JSONScanner) throws(RecordError) -> Timestamp? {
        try scanner.readNullIfPresent() ? nil : Timestamp(milliseconds: scanner.readTimeOfGrant())
    }

    /// A time that has to have been: past the clock's tolerance of five minutes it is an error.
    private static func past(_ scanner: inout JSONScanner, _ latest: Timestamp) throws(RecordError) -> Timestamp {
        let time = Timestamp(milliseconds: try scanner.readTimeOfGrant())
        guard time <= latest else {
            throw scanner.error(
                .outOfRange,
                "the time is in the future",
                hint: "check the clock and the time zone of what wrote it"
            )
        }
        return time
    }

    private static func pastOrNull(
        _ scanner: inout JSONScanner,
        _ latest: Timestamp
    ) throws(RecordError) -> Timestamp? {
        try scanner.readNullIfPresent() ? nil : past(&scanner, latest)
    }
}

import Grants

/// The rows of the token table, for whoever holds its lock.
struct TokenRows {
    private struct GrantRow {
        var id: String
        var client: ClientID
        var subject: String?
        var scopes: ScopeSet
        var tokens: [Secret] = []
    }

    private struct TokenRow {
        enum Life {
            case lives
            case rotated
            case ended
        }

        var kind: TokenKind
        var grant: Int
        /// Where they are fewer than the grant's.
        var scopes: ScopeSet?
        var issuedAt: Timestamp
        var expiresAt: Timestamp?
        var life = Life.lives
    }

    private struct Consent: Hashable {
        var client: ClientID
        var subject: String
    }

    private var grants: [GrantRow] = []
    private var indices: [String: Int] = [:]
    private var consents: [Consent: [Int]] = [:]
    private var tokens: [Secret: TokenRow] = [:]
    private var generator: SandboxGenerator
    private var lastNumber = 0

    init(generator: SandboxGenerator) {
        self.generator = generator
    }

    func hasGrant(_ id: String) -> Bool { indices[id] != nil }

    mutating func issue(_ order: GrantOrder, at now: Timestamp) -> IssuedGrant {
        let index = grants.count
        let id = order.id ?? nextID()
        grants.append(GrantRow(id: id, client: order.client, subject: order.subject, scopes: order.scopes))
        indices[id] = index
        if let subject = order.subject {
            consents[Consent(client: order.client, subject: subject), default: []].append(index)
        }
        let expiresAt = order.accessExpiresIn.map { now + $0 }
        let refreshToken = order.hasRefreshToken ? addToken(.refreshToken, of: index, at: now) : nil
        let accessToken = addToken(.accessToken, of: index, expiresAt: expiresAt, at: now)
        return issued(index, order.scopes, accessToken, refreshToken, expiresAt)
    }

    func fact(of token: Secret, at now: Timestamp) -> TokenFact? {
        guard let row = tokens[token] else { return nil }
        let grant = grants[row.grant]
        return TokenFact(
            kind: row.kind,
            grant: grant.id,
            client: grant.client,
            subject: grant.subject,
            scopes: row.scopes ?? grant.scopes,
            issuedAt: row.issuedAt,
            expiresAt: row.expiresAt,
            isActive: row.life == .lives && row.expiresAt.map { now < $0 } ?? true
        )
    }

    /// The new tokens for a refresh token that lives.
    mutating func refresh(
        _ token: Secret,
        scopes: ScopeSet?,
        rotates: Bool,
        accessExpiresIn: Duration,
        at now: Timestamp
    ) -> IssuedGrant {
        guard let index = tokens[token]?.grant else {
            preconditionFailure("the caller has looked the token up")
        }
        var refreshToken: Secret?
        if rotates {
            tokens[token]?.life = .rotated
            refreshToken = addToken(.refreshToken, of: index, at: now)
        }
        let expiresAt = now + accessExpiresIn
        let accessToken = addToken(.accessToken, of: index, scopes: scopes, expiresAt: expiresAt, at: now)
        return issued(index, scopes ?? grants[index].scopes, accessToken, refreshToken, expiresAt)
    }

    mutating func endIfReplayed(_ token: Secret) {
        if let row = tokens[token], row.life == .rotated {
            _ = end(grants[row.grant].tokens)
        }
    }

    mutating func revoke(_ token: Secret, reach: ProviderCapabilities.Reach) -> Int {
        guard let row = tokens[token] else { return 0 }
        let grant = grants[row.grant]
        switch reach {
        case .clientSubject:
            guard let subject = grant.subject else { return end(grant.tokens) }
            return revoke(client: grant.client, subject: subject)
        case .grant:
            return end(grant.tokens)
        case .token:
            // A refresh token always takes the access tokens along (RFC 7009 §2.1).
            let dependents =
                row.kind == .refreshToken ? grant.tokens.filter { tokens[$0]?.kind == .accessToken } : []
            return end([token] + dependents)
        }
    }

    mutating func revoke(client: ClientID, subject: String) -> Int {
        let indices = consents[Consent(client: client, subject: subject)] ?? []
        return indices.reduce(0) { $0 + end(grants[$1].tokens) }
    }

    private mutating func end(_ ending: [Secret]) -> Int {
        var count = 0
        for token in ending {
            count += tokens[token]?.life == .lives ? 1 : 0
            tokens[token]?.life = .ended
        }
        return count
    }

    private mutating func addToken(
        _ kind: TokenKind,
        of grant: Int,
        scopes: ScopeSet? = nil,
        expiresAt: Timestamp? = nil,
        at now: Timestamp
    ) -> Secret {
        let token = generator.token(kind)
        tokens[token] = TokenRow(
            kind: kind,
            grant: grant,
            scopes: scopes,
            issuedAt: now,
            expiresAt: expiresAt
        )
        grants[grant].tokens.append(token)
        return token
    }

    private mutating func nextID() -> String {
        repeat {
            lastNumber += 1
        } while hasGrant("g-\(lastNumber)")
        return "g-\(lastNumber)"
    }

    private func issued(
        _ index: Int,
        _ scopes: ScopeSet,
        _ accessToken: Secret,
        _ refreshToken: Secret?,
        _ expiresAt: Timestamp?
    ) -> IssuedGrant {
        IssuedGrant(
            id: grants[index].id,
            client: grants[index].client,
            subject: grants[index].subject,
            scopes: scopes,
            accessToken: accessToken,
            refreshToken: refreshToken,
            accessTokenExpiresAt: expiresAt
        )
    }
}

import Grants
import Synchronization

/// All grants and tokens of the sandbox, in memory.
final class TokenTable: Sendable {
    enum Refresh {
        case issued(IssuedGrant)
        /// Unknown, ended, rotated, another client's, or no refresh token.
        case invalidGrant
        /// More than was granted (RFC 6749 §6).
        case invalidScope
    }

    private let rows: Mutex<TokenRows>
    private let history = Mutex(GrantHistory())

    init(seed: UInt64?) {
        rows = Mutex(TokenRows(generator: SandboxGenerator(seed: seed)))
    }

    /// Issues all the grants in one step, or none: nil if an id is taken or comes twice.
    func issue(_ orders: [GrantOrder], at now: Timestamp) -> [IssuedGrant]? {
        let issued = rows.withLock { rows -> [IssuedGrant]? in
            var ids = Set<String>()
            for case let id? in orders.map(\.id) {
                guard !rows.hasGrant(id), ids.insert(id).inserted else { return nil }
            }
            return orders.map { rows.issue($0, at: now) }
        }
        guard let issued else { return nil }
        history.withLock { history in
            for (grant, order) in zip(issued, orders) { history.issued(grant, order.script) }
        }
        return issued
    }

    /// Issues one grant under an id of the table's own.
    func issue(_ order: GrantOrder, at now: Timestamp) -> IssuedGrant {
        rows.withLock { $0.issue(order, at: now) }
    }

    func fact(of token: Secret, at now: Timestamp) -> TokenFact? {
        rows.withLock { $0.fact(of: token, at: now) }
    }

    /// Exchanges a refresh token (RFC 6749 §6).
    ///
    /// The use of one that was replaced before ends the whole grant, because one of its two users has stolen
    /// it (RFC 9700 §4.14.2).
    func refresh(
        _ token: Secret,
        of client: ClientID,
        scopes: ScopeSet?,
        rotates: Bool,
        accessExpiresIn: Duration,
        at now: Timestamp
    ) -> Refresh {
        rows.withLock { rows in
            guard let fact = rows.fact(of: token, at: now), fact.kind == .refreshToken, fact.client == client
            else {
                return .invalidGrant
            }
            guard fact.isActive else {
                rows.endIfReplayed(token)
                return .invalidGrant
            }
            guard scopes.map({ Set($0.names).isSubset(of: fact.scopes.names) }) ?? true else {
                return .invalidScope
            }
            return .issued(
                rows.refresh(
                    token,
                    scopes: scopes,
                    rotates: rotates,
                    accessExpiresIn: accessExpiresIn,
                    at: now
                )
            )
        }
    }

    /// Ends a token and what the reach adds; the number of tokens that lived until then.
    @discardableResult
    func revoke(_ token: Secret, reach: ProviderCapabilities.Reach) -> Int {
        rows.withLock { $0.revoke(token, reach: reach) }
    }

    /// Ends all grants of a client for a subject; the number of tokens that lived until then.
    func revoke(client: ClientID, subject: String) -> Int {
        rows.withLock { $0.revoke(client: client, subject: subject) }
    }

    // MARK: History

    var hasScripts: Bool { history.withLock { $0.hasScripts } }

    /// What a script says of the next request about the token.
    func nextStep(for token: Secret, at endpoint: SandboxEndpoint, now: Timestamp) -> AnswerScript.Step? {
        guard let grant = fact(of: token, at: now)?.grant else { return nil }
        return history.withLock { $0.nextStep(for: grant, at: endpoint) }
    }

    func introspected(_ token: Secret, _ fact: TokenFact, isActive: Bool, at now: Timestamp) {
        history.withLock { $0.introspected(token, of: fact.grant, isActive: isActive, at: now) }
    }

    func revoked(_ token: Secret, _ fact: TokenFact) {
        history.withLock { $0.revoked(token, of: fact.grant, wasActive: fact.isActive) }
    }

    /// Every grant that was issued by order, in that order, with whether it lives.
    func histories(at now: Timestamp) -> [(entry: GrantHistory.Entry, isActive: Bool)] {
        let entries = history.withLock { $0.entries }
        return rows.withLock { rows in
            entries.map { ($0, rows.fact(of: $0.speaker, at: now)?.isActive ?? false) }
        }
    }
}

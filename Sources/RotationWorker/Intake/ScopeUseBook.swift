internal import Grants

/// Gathers which client used which scope when, and enters it at the end of the transaction.
struct ScopeUseBook {
    /// So many scopes of clients are kept in all: a feed that sends made-up words must not fill the store.
    private static let limit = 100_000
    /// So many are gathered before they are entered.
    private static let atOnce = 10_000

    private struct Key: Hashable {
        let provider: ProviderID
        let holder: GrantHolder
        let scope: String
    }

    private struct Integration: Hashable {
        let provider: ProviderID
        let client: ClientID
    }

    private let writing: any StoreWriting
    private let providers: [ProviderID]
    private let now: Timestamp
    private var latest: [Key: Timestamp] = [:]
    /// The tenant of a client where it has but one.
    private var tenants: [Integration: TenantID?] = [:]
    private var leftOut = 0

    /// `providers`: those that have grants.
    init(_ writing: any StoreWriting, providers: [ProviderID], now: Timestamp) {
        self.writing = writing
        self.providers = providers
        self.now = now
    }

    /// Notes a use of a scope, if it can be told whose it was.
    mutating func note(_ use: GatheredUse, at provider: ProviderID?) throws {
        let name = ScopedName(use.name)
        let at = min(Timestamp(milliseconds: use.at), now)
        let scope = String(decoding: name.scope, as: UTF8.self)
        for (provider, holder) in try holders(name, use.kind, provider) {
            let key = Key(provider: provider, holder: holder, scope: scope)
            latest[key] = latest[key].map { max($0, at) } ?? at
        }
        if latest.count >= Self.atOnce { try enter() }
    }

    /// Enters what was gathered; returns how many uses of all are not kept.
    mutating func close() throws -> Int {
        try enter()
        return leftOut
    }

    private mutating func enter() throws {
        let uses = latest.map { key, at in
            ScopeUse(
                provider: key.provider,
                tenant: key.holder.tenant,
                client: key.holder.client,
                scope: key.scope,
                lastUsedAt: at
            )
        }
        latest.removeAll(keepingCapacity: true)
        guard !uses.isEmpty else { return }
        leftOut += try writing.noteScopeUses(uses, limit: Self.limit)
    }

    private mutating func holders(
        _ name: ScopedName,
        _ kind: UseTable.Kind,
        _ provider: ProviderID?
    ) throws -> [(ProviderID, GrantHolder)] {
        let candidates = provider.map { [$0] } ?? providers
        var found: [(ProviderID, GrantHolder)] = []
        switch kind {
        case .scopeOfGrant:
            let id = String(decoding: name.name, as: UTF8.self)
            for provider in candidates {
                if let holder = try writing.holder(of: .init(provider: provider, id: id)) {
                    found.append((provider, holder))
                }
            }
        case .scopeOfToken:
            found = try writing.rows(carryingSHA256: name.name).compactMap { row in
                try writing.grant(row: row).map { ($0.grant.key.provider, GrantHolder(of: $0.grant)) }
            }
        case .scopeOfSubject:
            let (client, subject) = UsageBook.clientAndSubject(name.name)
            for provider in candidates {
                for stored in try writing.everyGrant(of: client, subject: subject, at: provider) {
                    found.append((provider, GrantHolder(of: stored.grant)))
                }
            }
        case .grant, .tokenDigest, .subject:
            break
        }
        guard found.isEmpty, let provider, !name.client.isEmpty else { return found }
        // Nobody's grant that we know, but the client has grants, and of one tenant only.
        let client = ClientID(String(decoding: name.client, as: UTF8.self))
        return try onlyTenant(of: client, at: provider).map { [(provider, GrantHolder(tenant: $0, client: client))] }
            ?? []
    }

    private mutating func onlyTenant(of client: ClientID, at provider: ProviderID) throws -> TenantID? {
        let integration = Integration(provider: provider, client: client)
        if let known = tenants[integration] { return known }
        let found = try writing.tenants(of: client, at: provider, limit: 2)
        let only = found.count == 1 ? found[0] : nil
        if tenants.count >= Self.atOnce { tenants.removeAll(keepingCapacity: true) }
        tenants[integration] = .some(only)
        return only
    }
}

extension UseTable.Kind {
    var isOfScope: Bool {
        switch self {
        case .grant, .tokenDigest, .subject: false
        case .scopeOfGrant, .scopeOfToken, .scopeOfSubject: true
        }
    }
}

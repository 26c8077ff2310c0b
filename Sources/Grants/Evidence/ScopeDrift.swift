/// What a provider tells of a grant's scopes, beside its record, which never changes by it.
package enum ScopeDrift {
    /// Scopes that say nothing about what a client may do, unless a provider's `ignored_scopes` says otherwise.
    package static let ignoredByDefault = ScopeSet(["openid", "profile", "email", "offline_access"])

    /// Whether a countable active answer about the token of `kind` tells other scopes than are known.
    package static func isNews(_ told: ScopeSet?, kind: TokenKind, of grant: Grant) -> Bool {
        guard let told else { return false }
        guard let known = grant.toldScopes else { return told != grant.scopes }
        return told != known || kind != grant.toldScopesKind
    }

    /// Enters what was told; those of the record are not kept twice.
    package static func enter(_ told: ScopeSet, kind: TokenKind, in grant: inout Grant) {
        let isKnown = told == grant.scopes
        grant.toldScopes = isKnown ? nil : told
        grant.toldScopesKind = isKnown ? nil : kind
    }

    /// The record's and those told; where the refresh token's answer is the newest, that answer alone.
    package static func effective(of grant: Grant) -> ScopeSet {
        guard let told = grant.toldScopes else { return grant.scopes }
        return grant.toldScopesKind == .refreshToken ? told : ScopeSet(grant.scopes.names + told.names)
    }

    /// What the provider tells that the record does not hold, in order; empty: no drift.
    ///
    /// A record that separates its scopes by commas holds each of them.
    package static func excess(of grant: Grant, ignoring ignored: ScopeSet) -> [String] {
        guard let told = grant.toldScopes else { return [] }
        var known = Set(grant.scopes.names + ignored.names)
        for name in grant.scopes.names where name.contains(",") {
            known.formUnion(name.split(separator: ",").map(String.init))
        }
        return told.names.filter { !known.contains($0) }
    }
}

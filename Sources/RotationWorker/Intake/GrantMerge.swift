internal import Grants
internal import Records

/// Brings one record into the store: a new grant, a changed one, a new consent, or nothing.
struct GrantMerge {
    /// What became of a record.
    enum Outcome: Hashable, Sendable {
        case added
        case updated
        case unchanged
        /// A new consent for a grant that had ended.
        case renewed
        /// A line for an ended grant, without a later consent.
        case ended
        /// Our own export, older than what the store knows.
        case outdated
    }

    /// What became of a record, and whether it shows life after an end.
    struct Result {
        var outcome: Outcome
        var hasResurfaced = false
    }

    let writing: any StoreWriting
    let now: Timestamp
    let actor: Actor
    /// Grants before it were known before the import began.
    let firstNewRow: Int64

    /// `tokens`: what was made ready of the record's tokens, or nothing.
    func merge(_ record: GrantRecord, _ tokens: [TokenKind: ReadyToken] = [:]) throws -> Result {
        guard let stored = try writing.grant(record.key) else {
            guard let purged = try writing.purgedGrant(record.key) else {
                try add(record, tokens)
                return Result(outcome: .added)
            }
            guard try beginsNewLife(record, row: purged.row, endedAt: purged.endedAt) else {
                return Result(outcome: .ended)
            }
            var former = purged
            // Whether it was ended by hand was not kept either: a person looks at what lives by its token alone.
            if purged.row == nil, record.issuedAt <= purged.endedAt { former.endedByHand = true }
            try add(record, tokens, after: former)
            return Result(outcome: .added, hasResurfaced: former.endedByHand)
        }
        guard stored.grant.tenant == record.tenant, stored.grant.client == record.client else {
            let holder = GrantHolder(tenant: stored.grant.tenant, client: stored.grant.client)
            throw StoreError(.conflict, Self.refusal(of: record.key, holder))
        }
        let isEnded = stored.grant.standing == .expired || stored.grant.standing == .revoked
        if isEnded, try !beginsNewLife(record, row: stored.row, endedAt: stored.endedAt ?? now) {
            return Result(outcome: .ended, hasResurfaced: try useAfterEnd(record, stored))
        }
        // A new consent waits until the old one's end is carried out: its tokens are not the old one's.
        if !stored.grant.standing.isLive, !isEnded, record.issuedAt > stored.grant.issuedAt {
            return Result(outcome: .ended)
        }
        if !isEnded, let exported = record.exportedAt, exported < stored.recordedAt {
            return Result(outcome: try use(record, stored) ? .updated : .outdated)
        }
        let outcome = try change(stored, record, isRenewed: isEnded)
        return Result(outcome: outcome, hasResurfaced: isEnded && stored.grant.cause == .byHand)
    }

    /// `row`: that of the ended grant; nil: the fingerprints of its tokens were not kept, and each may be new.
    private func beginsNewLife(_ record: GrantRecord, row: Int64?, endedAt: Timestamp) throws -> Bool {
        let toldAt = record.toldAt(now)
        var hasNewToken = false
        if toldAt >= endedAt {
            hasNewToken = try record.tokens.values.contains { token in
                try row.map { try !writing.hasHeld(token, row: $0) } ?? true
            }
        }
        return LifeAfterEnd.isNewLife(
            issuedAt: record.issuedAt,
            toldAt: toldAt,
            hasNewToken: hasNewToken,
            endedAt: endedAt
        )
    }

    /// A later use of an ended grant; whether it has resurfaced by it.
    private func useAfterEnd(_ record: GrantRecord, _ known: StoredGrant) throws -> Bool {
        guard let used = record.lastUsedAt.value else { return false }
        var stored = known
        stored.grant.lastUsedAt = later(known.grant.lastUsedAt, used)
        let hasResurfaced = LifeAfterEnd.resurfaces(stored.grant, endedAt: stored.endedAt, signAt: used)
        if hasResurfaced { stored.grant.resurfacedAt = now }
        guard stored.grant != known.grant else { return false }
        try writing.save(stored)
        if hasResurfaced {
            try tell(stored, Event.Kind.grantResurfaced, "used at \(used), after its end at \(stored.endedAt ?? now)")
        }
        return hasResurfaced
    }

    /// Why a record for this key with another tenant or client is refused.
    static func refusal(of key: Grant.Key, _ holder: GrantHolder) -> String {
        "the grant \(key) belongs to tenant '\(holder.tenant)' and client '\(holder.client)'; "
            + "a record cannot move it"
    }

    /// `purged`: the grant that it is a new life of.
    private func add(
        _ record: GrantRecord,
        _ ready: [TokenKind: ReadyToken],
        after purged: PurgedGrant? = nil
    ) throws {
        var grant = Grant(
            key: record.key,
            tenant: record.tenant,
            client: record.client,
            scopes: record.scopes,
            issuedAt: record.issuedAt
        )
        try fill(&grant, record)
        let tokens = ready.isEmpty ? record.tokens.mapValues { ReadyToken($0) } : ready
        var stored = try writing.insert(grant, ready: tokens, at: now)
        let usedUnknown = try writing.takeUnmapped(of: stored, tokens: tokens.values.map(\.token))
        if let purged { LifeAfterEnd.revive(&stored.grant, endedByHand: purged.endedByHand, at: now) }
        let usedBefore = try useUnderAnotherID(of: stored)
        if let used = later(usedUnknown, usedBefore) { stored.grant.lastUsedAt = later(stored.grant.lastUsedAt, used) }
        if purged != nil || usedUnknown != nil || usedBefore != nil { try writing.save(stored) }
        if !tokens.isEmpty || grant.providerGrantID != nil { try writing.joinFamilies(of: stored.row, at: now) }
        try tell(stored, Event.Kind.grantRecorded, purged == nil ? nil : "a new life of a grant that had ended")
        if purged?.endedByHand == true { try tell(stored, Event.Kind.grantResurfaced, Self.backByHand) }
    }

    /// The last use since this consent that an older grant of its client and subject was taken for; nil: there was none.
    ///
    /// Until the export that brings it, a use that names client and subject finds only the grants that were known before.
    private func useUnderAnotherID(of stored: StoredGrant) throws -> Timestamp? {
        guard firstNewRow > 1, let subject = stored.grant.subject else { return nil }
        let grant = stored.grant
        var last: Timestamp?
        for spelling in [subject] + (try writing.sameInForm(subject, kind: .subject)) {
            for other in try writing.everyGrant(of: grant.client, subject: spelling, at: grant.key.provider)
            where other.row < firstNewRow {
                guard let used = other.grant.lastUsedAt, used > grant.issuedAt else { continue }
                last = later(last, used)
            }
        }
        return last
    }

    private static let backByHand = "recorded again, after an end by hand"

    private func change(_ known: StoredGrant, _ record: GrantRecord, isRenewed: Bool) throws -> Outcome {
        var stored = known
        stored.grant.scopes = record.scopes
        stored.grant.issuedAt = record.issuedAt
        try fill(&stored.grant, record)
        if isRenewed { forgetTokenEnds(in: &stored.grant, record) }
        let newTokens = try writing.setTokens(tokenChanges(record, isRenewed: isRenewed), of: stored)
        if newTokens {
            // What was said of the old token says nothing of the new one.
            stored.grant.validity.replaceToken()
            stored.askAt = now
            try writing.removePendingVerdict(row: stored.row)
        } else if !isRenewed, let told = record.accessTokenExpiresAt.value {
            // Without a new token an older file must not bring back an older token's end; null clears it all the same.
            stored.grant.accessTokenExpiresAt = later(known.grant.accessTokenExpiresAt, told)
        }
        let wasResurfaced = known.grant.resurfacedAt != nil
        let endedByHand = known.grant.cause == .byHand
        if isRenewed {
            LifeAfterEnd.revive(&stored.grant, endedByHand: endedByHand, at: now)
            stored.endedAt = nil
            stored.askAt = now
            try writing.removePendingVerdict(row: stored.row)
        }
        // An export says of a held refresh token what is known already: kept, and no change to tell of.
        var compared = stored.grant
        if compared.hasRefreshToken == known.grant.hasRefreshToken {
            compared.claimsRefreshToken = known.grant.claimsRefreshToken
        }
        try noteUse(in: &stored)
        guard newTokens || isRenewed || compared != known.grant || Self.isRespelled(compared, known.grant) else {
            if stored.grant != known.grant { try writing.saveRecord(stored) }
            return .unchanged
        }
        if let used = try writing.takeUnmapped(of: stored, tokens: Array(record.tokens.values)) {
            stored.grant.lastUsedAt = later(stored.grant.lastUsedAt, used)
            try noteUse(in: &stored)
        }
        stored.recordedAt = now
        stored.dueAt = now
        try writing.saveRecord(stored)
        try writing.save(stored)
        let grantIDs = [stored, known].map { $0.grant.providerGrantID.map(ExactText.init) }
        if newTokens || grantIDs[0] != grantIDs[1] || stored.grant.family != known.grant.family {
            try writing.joinFamilies(of: stored.row, at: now)
        }
        if isRenewed {
            let isLaterConsent = record.issuedAt > known.endedAt ?? now
            try tell(
                stored,
                Event.Kind.grantRecorded,
                isLaterConsent ? "a later consent" : "a token that it never had: a new life"
            )
            if endedByHand, !wasResurfaced { try tell(stored, Event.Kind.grantResurfaced, Self.backByHand) }
        }
        return isRenewed ? .renewed : .updated
    }

    /// A text that looks the same has other bytes now.
    private static func isRespelled(_ grant: Grant, _ known: Grant) -> Bool {
        func differ(_ one: String?, _ other: String?) -> Bool {
            guard let one, let other else { return false }
            return !one.hasSameBytes(as: other)
        }
        return differ(grant.subject, known.subject) || differ(grant.role, known.role)
            || differ(grant.environment, known.environment) || differ(grant.providerGrantID, known.providerGrantID)
    }

    /// Of an outdated line only a later use counts.
    private func use(_ record: GrantRecord, _ known: StoredGrant) throws -> Bool {
        var stored = known
        stored.grant.lastUsedAt = later(known.grant.lastUsedAt, record.lastUsedAt.value)
        guard stored.grant != known.grant else { return false }
        try noteUse(in: &stored)
        stored.dueAt = now
        try writing.save(stored)
        return true
    }

    /// A use after the token was called inactive: the token that we hold is not the one that is used.
    private func noteUse(in stored: inout StoredGrant) throws {
        guard let since = stored.grant.validity.inactiveSince, let used = stored.grant.lastUsedAt, used > since
        else { return }
        stored.grant.validity.forgetInactivity()
        try writing.removePendingVerdict(row: stored.row)
        guard stored.grant.standing.isLive else { return }
        try tell(stored, Event.Kind.grantTokenStale, "used at \(used), after its token was called inactive")
    }

    private func fill(_ grant: inout Grant, _ record: GrantRecord) throws {
        grant.subject = record.subject.merged(into: grant.subject)
        grant.role = record.role.merged(into: grant.role)
        grant.environment = record.environment.merged(into: grant.environment)
        grant.providerGrantID = record.providerGrantID.merged(into: grant.providerGrantID)
        grant.expiresAt = record.expiresAt.merged(into: grant.expiresAt)
        grant.accessTokenExpiresAt = record.accessTokenExpiresAt.merged(into: grant.accessTokenExpiresAt)
        grant.refreshTokenExpiresAt = record.refreshTokenExpiresAt.merged(into: grant.refreshTokenExpiresAt)
        grant.observedFrom = record.observedFrom.merged(into: grant.observedFrom)
        // Use and observation never move back.
        grant.lastUsedAt = later(grant.lastUsedAt, record.lastUsedAt.value)
        grant.observedUntil = later(grant.observedUntil, record.observedUntil.value)
        grant.claimsRefreshToken = record.claimsRefreshToken ?? grant.claimsRefreshToken
        switch record.family {
        case .absent: break
        case .null:
            // A family that a shared token made has no name that a record could clear.
            if let family = grant.family, try writing.familyName(family) != nil { grant.family = nil }
        case .value(let name): grant.family = try writing.family(named: name, at: record.provider)
        }
    }

    /// The tokens of the old life, which are dead, are not those of the new one: what its record does not name, it has
    /// not.
    private func tokenChanges(_ record: GrantRecord, isRenewed: Bool) -> [TokenKind: Secret?] {
        var changes: [TokenKind: Secret?] = [:]
        if isRenewed { for kind in TokenKind.allCases { changes[kind] = .some(nil) } }
        for (kind, member) in [(TokenKind.accessToken, record.accessToken), (.refreshToken, record.refreshToken)] {
            switch member {
            case .absent: break
            case .null: changes[kind] = .some(nil)
            case .value(let token): changes[kind] = token
            }
        }
        return changes
    }

    /// Nor are their ends.
    private func forgetTokenEnds(in grant: inout Grant, _ record: GrantRecord) {
        grant.accessTokenExpiresAt = record.accessTokenExpiresAt.value
        grant.refreshTokenExpiresAt = record.refreshTokenExpiresAt.value
    }

    private func later(_ first: Timestamp?, _ second: Timestamp?) -> Timestamp? {
        guard let first else { return second }
        return second.map { max(first, $0) } ?? first
    }

    private func tell(_ stored: StoredGrant, _ kind: String, _ reason: String?) throws {
        var event = Event(kind, at: now, about: stored.grant)
        event.reason = reason
        event.actor = actor
        try writing.append(event, about: stored)
    }
}

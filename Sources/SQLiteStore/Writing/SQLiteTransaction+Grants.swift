internal import GRDB
internal import Grants

extension SQLiteTransaction {
    func save(_ stored: StoredGrant) throws {
        let grant = stored.grant
        try countTransition(of: stored)
        let validity = grant.validity
        let isLive = grant.standing.isLive
        let isEnded = grant.standing == .expired || grant.standing == .revoked
        let toldScopes = try grant.toldScopes.map { try words.intern($0.joined) }
        let changed = try saving.on(db).run { values in
            values.add(grant.standing.code)
            values.add(isLive ? stored.dueAt?.milliseconds : nil)
            values.add(isLive ? stored.askAt?.milliseconds : nil)
            values.add(grant.lastUsedAt?.milliseconds)
            values.add(isLive ? stored.keptBy?.code : nil)
            values.add(isLive && stored.waitsForEvidence ? 1 : 0)
            values.add(grant.cause?.code)
            values.add(grant.announcedAt?.milliseconds)
            values.add(grant.clockFrom?.milliseconds)
            values.add(validity.lastVerdict.map { $0 == .active ? 1 : 0 })
            values.add(validity.lastVerdictAt?.milliseconds)
            values.add(validity.inactiveSince?.milliseconds)
            values.add(validity.inactiveCount)
            values.add(validity.firstCountedAt?.milliseconds)
            values.add(validity.lastCountedAt?.milliseconds)
            values.add(validity.failures)
            values.add(grant.proof?.code)
            values.add(grant.residualUntil?.milliseconds)
            values.add(isEnded ? stored.endedAt?.milliseconds : nil)
            values.add(validity.earlierActiveAt?.milliseconds)
            values.add(validity.lastInactiveAnswerAt?.milliseconds)
            values.add(validity.unknownWhy?.rawValue)
            values.add(validity.unknownSince?.milliseconds)
            values.add(grant.contradictedEnd?.milliseconds)
            values.add(grant.resurfacedAt?.milliseconds)
            values.add(grant.settledAt?.milliseconds)
            values.add(grant.firstSeenAt?.milliseconds)
            values.add(toldScopes)
            values.add(grant.toldScopesKind?.code)
            values.add(grant.isPlain ? 1 : 0)
            values.add(stored.row)
            values.add(stored.readStanding.code)
            values.add(stored.readIsAsked ? 1 : 0)
        }
        try require(changed, of: stored)
    }

    func saveDecision(_ stored: StoredGrant) throws {
        let grant = stored.grant
        try countTransition(of: stored)
        let isLive = grant.standing.isLive
        let isEnded = grant.standing == .expired || grant.standing == .revoked
        let changed = try deciding.on(db).run { values in
            values.add(grant.standing.code)
            values.add(isLive ? stored.dueAt?.milliseconds : nil)
            values.add(isLive ? stored.askAt?.milliseconds : nil)
            values.add(isLive ? stored.keptBy?.code : nil)
            values.add(isLive && stored.waitsForEvidence ? 1 : 0)
            values.add(grant.cause?.code)
            values.add(grant.announcedAt?.milliseconds)
            values.add(grant.clockFrom?.milliseconds)
            values.add(grant.proof?.code)
            values.add(isEnded ? stored.endedAt?.milliseconds : nil)
            values.add(stored.row)
            values.add(stored.readStanding.code)
            values.add(stored.readIsAsked ? 1 : 0)
        }
        try require(changed, of: stored)
    }

    private func countTransition(of stored: StoredGrant) throws {
        let (from, to) = (stored.readStanding, stored.grant.standing)
        let isAsked = to.isLive && stored.askAt != nil
        guard isAsked != stored.readIsAsked || from != to else { return }
        let place = try places.place(of: stored.grant, cohort: stored.cohort, in: words)
        if isAsked != stored.readIsAsked {
            countAsked(provider: place.provider, tenant: place.tenant, by: isAsked ? 1 : -1)
        }
        guard from != to else { return }
        guard Lifecycle.event(from: from, to: to) != nil else {
            throw StoreError(.conflict, "\(stored.grant.key): \(from) cannot become \(to)")
        }
        try countStanding(provider: place.provider, tenant: place.tenant, from: from, to: to)
        if to == .revoked, from.isLive, stored.grant.cause == .goneAtProvider, let endedAt = stored.endedAt {
            countGone(provider: place.provider, at: endedAt)
        }
        if from.isLive != to.isLive {
            holdingBook.count(holdingBook.present(stored.holding, ofRow: stored.row), to.isLive ? 1 : -1)
        }
    }

    private func require(_ changed: Int, of stored: StoredGrant) throws {
        guard changed == 1 else {
            throw StoreError(.conflict, "\(stored.grant.key) was changed by somebody else meanwhile")
        }
    }

    func postpone(row: Int64, from oldDue: Timestamp?, to deadline: Deadline, keptBy rule: Rule) throws {
        func add(to values: inout HotStatement.Binder) {
            values.add(deadline.dueAt?.milliseconds)
            values.add(deadline.waitsForEvidence ? 1 : 0)
            values.add(rule.code)
            values.add(row)
            values.add(oldDue?.milliseconds)
        }
        if try postponingAgain.on(db).run(add) == 0 { try postponing.on(db).run(add) }
    }
}

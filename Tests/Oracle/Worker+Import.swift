import Grants

extension Worker {
    /// The nightly export: what the server knew `exportAge` ago, as records.
    mutating func takeExport(at now: Instant, _ day: Int) {
        let clock = clock(at: now)
        let asOf = now - world.exportAge
        // An instant ahead of the worker's clock is an error, and the file imports nothing.
        if Core.time(asOf) > clock + .minutes(5) { return }
        for person in people.indices {
            guard let consent = people[person].consent(at: asOf), people[person].consents[consent].isAlive(at: asOf)
            else { continue }
            record(person, consent, asOf: asOf, at: now, clock)
        }
        takeUnmapped(at: now, clock)
    }

    private mutating func record(
        _ number: Int,
        _ consentNumber: Int,
        asOf: Instant,
        at now: Instant,
        _ clock: Timestamp
    ) {
        let consent = people[number].consents[consentNumber]
        let token = consent.token(at: asOf)
        let id = id(number, consentNumber, token)
        guard let known = byID[id] else {
            add(id, number, consentNumber, token, asOf: asOf, at: now, clock)
            return
        }
        let isNewToken = !stored[known].hadTokens.contains { $0.consent == consentNumber && $0.token == token }
        if !stored[known].grant.standing.isLive {
            guard let endedAt = stored[known].endedAt, mutant != .dropsNewLives || Core.time(consent.givenAt) > endedAt,
                LifeAfterEnd.isNewLife(
                    issuedAt: Core.time(consent.givenAt),
                    toldAt: world.exportTellsUse ? Core.time(asOf) : clock,
                    hasNewToken: isNewToken && !people[number].hidesTokens,
                    endedAt: endedAt
                )
            else {
                referee.importedEnded(
                    stored[known],
                    isNewToken && !people[number].hidesTokens,
                    asOf: asOf,
                    at: now,
                    clock
                )
                return
            }
            LifeAfterEnd.revive(&stored[known].grant, endedByHand: false, at: clock)
            if !live.contains(known) { live.append(known) }
            stored[known].endedAt = nil
            stored[known].endedBy = nil
            stored[known].toldTrulyAt = nil
            stored[known].askAt = clock
            stored[known].pendingAt = nil
            referee.note(now, "\(id) lives anew")
        }
        let isReplaced = stored[known].consent != consentNumber || stored[known].token != token
        stored[known].consent = consentNumber
        stored[known].token = token
        fill(known, consent, asOf: asOf, clock)
        if isReplaced {
            stored[known].grant.validity.replaceToken()
            stored[known].askAt = clock
            stored[known].pendingAt = nil
            if isNewToken { stored[known].hadTokens.append((consentNumber, token)) }
        }
        noteUse(known, clock)
    }

    private func id(_ number: Int, _ consent: Int, _ token: Int) -> String {
        var id = "g-\(number)"
        if people[number].renamesReconsent, consent > 0 { id += "-\(consent)" }
        if world.successorsHaveNewIDs, token > 0 { id += ".\(consent).\(token)" }
        return id
    }

    private mutating func add(
        _ id: String,
        _ number: Int,
        _ consentNumber: Int,
        _ token: Int,
        asOf: Instant,
        at now: Instant,
        _ clock: Timestamp
    ) {
        let person = people[number]
        let consent = person.consents[consentNumber]
        var grant = Grant(
            key: .init(provider: Core.provider, id: id),
            tenant: Core.tenant,
            client: person.isOurs ? Core.ownClient : Core.clients[consent.client],
            subject: "s-\(consent.subject)",
            scopes: Core.scopes,
            issuedAt: Core.time(consent.givenAt)
        )
        grant.firstRecordedAt = clock
        let index = stored.count
        stored.append(
            Stored(
                grant: grant,
                person: number,
                consent: consentNumber,
                token: token,
                hadTokens: [(consentNumber, token)],
                askAt: clock,
                recordedAt: now
            )
        )
        fill(index, consent, asOf: asOf, clock)
        byID[id] = index
        live.append(index)
        referee.note(now, "\(id) recorded")
    }

    /// What the record says, mistakes included.
    private mutating func fill(_ index: Int, _ consent: Consent, asOf: Instant, _ clock: Timestamp) {
        let person = people[stored[index].person]
        let isFirst = stored[index].consent == 0
        var grant = stored[index].grant
        grant.issuedAt = Core.time(consent.givenAt)
        grant.holdsRefreshToken = !person.hidesTokens && !consent.isAccessTokenOnly && !person.hidesRefreshToken
        grant.holdsAccessToken = !person.hidesTokens
        let tokenEnd = Core.time(consent.accessTokenEnd(ofToken: stored[index].token))
        grant.accessTokenExpiresAt = person.tellsTokenEnd ? tokenEnd : nil
        var isMistaken = grant.isAccessTokenOnly && !consent.isAccessTokenOnly
        switch person.ownEnd {
        case .none: grant.expiresAt = nil
        case .atServer(let end): grant.expiresAt = isFirst ? Core.time(end) : nil
        case .tokens:
            grant.expiresAt = tokenEnd
            isMistaken = isMistaken || !consent.isAccessTokenOnly
        case .nonsense(let never): grant.expiresAt = Core.time(never)
        }
        stored[index].endIsMistaken = isMistaken
        if world.exportTellsUse {
            grant.observedFrom = Core.time(consent.givenAt)
            grant.observedUntil = later(grant.observedUntil, Core.time(asOf))
            if let used = consent.lastUse(upTo: asOf) {
                grant.lastUsedAt = later(grant.lastUsedAt, min(Core.time(used), clock))
            }
        }
        if world.successorsHaveNewIDs {
            let family = stored[index].person * 8 + stored[index].consent
            while families.count <= family { families.append([]) }
            if let before = grant.family, before != family { families[Int(before)].removeAll { $0 == index } }
            if grant.family != Int64(family) { families[family].append(index) }
            grant.family = Int64(family)
        }
        stored[index].grant = grant
    }

    /// What an import brings is no longer unmapped: it is a use.
    private mutating func takeUnmapped(at now: Instant, _ clock: Timestamp) {
        var left: [Unmapped] = []
        for use in unmapped {
            let named = indices(of: use.name)
            if named.isEmpty { left.append(use) }
            for index in named {
                stored[index].grant.lastUsedAt = later(stored[index].grant.lastUsedAt, use.last)
                noteUse(index, clock)
            }
        }
        unmapped = left
        readStandstills()
    }

    /// A use after the first inactive answer: the token that is used is another one.
    mutating func noteUse(_ index: Int, _ clock: Timestamp) {
        guard let since = stored[index].grant.validity.inactiveSince, let used = stored[index].grant.lastUsedAt,
            used > since
        else { return }
        stored[index].grant.validity.forgetInactivity()
        stored[index].pendingAt = nil
    }

    func later(_ first: Timestamp?, _ second: Timestamp) -> Timestamp { first.map { max($0, second) } ?? second }
}

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
    }

    private mutating func record(
        _ number: Int,
        _ consentNumber: Int,
        asOf: Instant,
        at now: Instant,
        _ clock: Timestamp
    ) {
        let person = people[number]
        let consent = person.consents[consentNumber]
        let token = consent.token(at: asOf)
        var id = "g-\(number)"
        if person.renamesReconsent, consentNumber > 0 { id += "-\(consentNumber)" }
        if world.successorsHaveNewIDs, token > 0 { id += ".\(consentNumber).\(token)" }
        let known = byID[id]
        var grant =
            known.map { stored[$0].grant }
            ?? Grant(
                key: .init(provider: Core.provider, id: id),
                tenant: Core.tenant,
                client: person.isOurs ? Core.ownClient : Core.clients[consent.client],
                subject: "s-\(consent.subject)",
                scopes: Core.sinceScopes,
                issuedAt: Core.time(consent.givenAt)
            )
        let isNewToken = known.map { stored[$0].consent != consentNumber || stored[$0].token != token } ?? true
        if let known, !stored[known].grant.standing.isLive {
            guard isNewLife(stored[known], consentNumber, token, asOf: asOf) else { return }
            grant.standing = .active
            (grant.announcedAt, grant.cause, grant.clockFrom, grant.proof) = (nil, nil, nil, nil)
            (grant.residualUntil, grant.resurfacedAt) = (nil, nil)
            grant.validity = Validity()
            stored[known].endedAt = nil
            stored[known].endedBy = nil
            stored[known].toldTrulyAt = nil
            grant.firstSeenAt = clock
            referee.note(now, "\(id) lives anew")
        }
        grant.issuedAt = Core.time(consent.givenAt)
        let hasTokens = !person.hidesTokens
        grant.holdsRefreshToken = hasTokens && !consent.isAccessTokenOnly && !person.hidesRefreshToken
        grant.holdsAccessToken = hasTokens
        if person.tellsTokenEnd || consent.isAccessTokenOnly && world.isOrdinary {
            grant.accessTokenExpiresAt = Core.time(consent.accessTokenEnd(ofToken: token))
        }
        var isMistaken = false
        switch person.ownEnd {
        case .none: grant.expiresAt = nil
        case .atServer(let end): grant.expiresAt = consentNumber == 0 ? Core.time(end) : nil
        case .tokens:
            grant.expiresAt = Core.time(consent.accessTokenEnd(ofToken: token))
            isMistaken = true
        case .nonsense(let never): grant.expiresAt = Core.time(never)
        }
        if grant.isAccessTokenOnly, !consent.isAccessTokenOnly { isMistaken = true }
        if world.exportTellsUse {
            grant.observedFrom = Core.time(consent.givenAt)
            grant.observedUntil = later(grant.observedUntil, Core.time(asOf))
            if let used = consent.lastUse(upTo: asOf) {
                grant.lastUsedAt = later(grant.lastUsedAt, min(Core.time(used), clock))
            }
        }
        if let known {
            if isNewToken { grant.validity.replaceToken() }
            stored[known].grant = grant
            if isNewToken {
                stored[known].askAt = clock
                stored[known].pendingAt = nil
            }
            stored[known].consent = consentNumber
            stored[known].token = token
            stored[known].endIsMistaken = isMistaken
            if isNewToken { stored[known].hadTokens.append((consentNumber, token)) }
            noteUse(known, clock)
            return
        }
        let index = stored.count
        if world.successorsHaveNewIDs { joinFamily(index, number, consentNumber, &grant) }
        stored.append(
            Stored(
                grant: grant,
                person: number,
                consent: consentNumber,
                token: token,
                hadTokens: [(consentNumber, token)],
                askAt: clock,
                endIsMistaken: isMistaken,
                recordedAt: now
            )
        )
        byID[id] = index
        referee.note(now, "\(id) recorded")
    }

    private func isNewLife(_ ended: Stored, _ consent: Int, _ token: Int, asOf: Instant) -> Bool {
        let given = Core.time(people[ended.person].consents[consent].givenAt)
        return ended.endedAt.map { given > $0 } ?? false
    }

    private mutating func joinFamily(_ index: Int, _ person: Int, _ consent: Int, _ grant: inout Grant) {
        let key = Int64(person * 1_000 + consent)
        grant.family = key
        while families.count <= Int(key) { families.append([]) }
        families[Int(key)].append(index)
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

internal import Grants
internal import Records

/// Uses, as they are entered into the grants that they name, or kept where they name none.
extension UsageBook {
    /// A use of one name, as it is entered.
    private struct Use {
        let at: Timestamp
        /// The last that was not refused; nil: all were.
        let vitalAt: Timestamp?
        let late: Duration
        var check: FeedWordCheck
    }

    mutating func enter(_ use: GatheredUse, of window: UsageWindow) throws {
        let provider = use.provider == 0 ? nil : ProviderID(window.providers[use.provider])
        guard !use.kind.isOfScope else { return try scopeUses.note(use, at: provider) }
        let place = place(use.feed, of: window)
        if use.kind == .subject, !place.ignored.isEmpty {
            let subject = Self.clientAndSubject(use.name).1
            if place.ignored.contains(ExactText(subject.normalized)) {
                report.ignored += use.count
                place.leftOut += use.count
                return
            }
        }
        if !isBackfill, place.isDeclared, Timestamp(milliseconds: use.at) > now + LifeAfterEnd.tolerance {
            // It is dated too early, then: the feed waits until the clock is set right and the input is read once more.
            countUnreadable(
                1,
                .init(place: source, problem: "a use in the future", sample: nil, readAt: now),
                of: place.id
            )
        }
        // A future time counts as now.
        let (first, at) = (min(Timestamp(milliseconds: use.first), now), min(Timestamp(milliseconds: use.at), now))
        var entered = Use(
            at: at,
            vitalAt: use.vital == UseTable.never ? nil : min(Timestamp(milliseconds: use.vital), now),
            late: place.late,
            check: FeedWordCheck(first: first, last: at, observedUntil: place.observedUntil)
        )
        guard try enter(use, at: provider, &entered) else {
            report.unmapped += use.count
            return try keepUnmapped(use, of: window, place, provider, first, at)
        }
        report.mapped += use.count
        place.mapped += use.count
        guard !isBackfill, place.isDeclared, let breach = entered.check.breach else { return }
        countUnreadable(
            entered.check.isOfAll ? use.count : 1,
            .init(place: source, problem: breach, sample: nil, readAt: now),
            of: place.id
        )
    }

    /// Keeps what names no known grant: it may be a use of any grant of its client, or of the feed.
    private mutating func keepUnmapped(
        _ use: GatheredUse,
        of window: UsageWindow,
        _ place: Place,
        _ provider: ProviderID?,
        _ first: Timestamp,
        _ last: Timestamp
    ) throws {
        let (client, name) = Self.name(of: use, window)
        if try client.map({ try !knows($0, provider) }) ?? true { place.unmapped += use.count }
        guard place.isDeclared else { return }
        try writing.noteUnmapped(
            UnmappedUse(feed: place.id, provider: provider, client: client, name: name, first: first, last: last)
        )
    }

    private static func name(of use: GatheredUse, _ window: UsageWindow) -> (ClientID?, UnmappedUse.Name) {
        let named = use.client == 0 ? nil : ClientID(window.clients[use.client].normalized)
        switch use.kind {
        case .subject:
            let (client, subject) = clientAndSubject(use.name)
            return (ClientID(client.rawValue.normalized), .subject(subject))
        case .tokenDigest: return (named, .tokenDigest(use.name))
        case .grant, .scopeOfGrant, .scopeOfToken, .scopeOfSubject:
            return (named, .grant(String(decoding: use.name, as: UTF8.self)))
        }
    }

    private mutating func knows(_ client: ClientID, _ provider: ProviderID?) throws -> Bool {
        let holder = UnmappedUse.Holder(client: client, provider: provider)
        if let known = knownClients[holder] { return known }
        let isKnown = try writing.knows(client: client, at: provider)
        if knownClients.count >= 10_000 { knownClients.removeAll(keepingCapacity: true) }
        knownClients[holder] = isKnown
        return isKnown
    }

    /// Whether a grant is known by that name.
    private mutating func enter(_ use: GatheredUse, at provider: ProviderID?, _ entered: inout Use) throws -> Bool {
        switch use.kind {
        case .grant:
            // Without a provider the id may be of several: all of them count as used, which ends fewer.
            let id = String(decoding: use.name, as: UTF8.self)
            var isMapped = try enter(id, at: provider, &entered)
            for other in try writing.sameInForm(id, kind: .grant) {
                if try enter(other, at: provider, &entered) { isMapped = true }
            }
            return isMapped
        case .tokenDigest:
            let grants = try writing.rows(carryingSHA256: use.name).compactMap { try writing.grant(row: $0) }
            for stored in grants { try enter(&entered, on: stored, isCertain: true) }
            return !grants.isEmpty
        case .subject:
            let (client, subject) = Self.clientAndSubject(use.name)
            let grants = try grants(of: client, subject, at: provider)
            // Where one of them has not ended, it is that one that is used.
            let isOfEnded = grants.allSatisfy { $0.grant.standing == .expired || $0.grant.standing == .revoked }
            for stored in grants { try enter(&entered, on: stored, isCertain: isOfEnded) }
            return !grants.isEmpty
        case .scopeOfGrant, .scopeOfToken, .scopeOfSubject:
            return false
        }
    }

    private mutating func enter(_ id: String, at provider: ProviderID?, _ entered: inout Use) throws -> Bool {
        var isMapped = false
        for provider in provider.map({ [$0] }) ?? providers {
            switch try writing.noteUse(of: .init(provider: provider, id: id), at: entered.at) {
            case .unknown: continue
            case .noted(let issuedAt, let lastUsedAt):
                entered.check.hear(issuedAt: issuedAt, lastUsedAt: lastUsedAt)
            case .matters(let row):
                if let stored = try writing.grant(row: row) { try enter(&entered, on: stored, isCertain: true) }
            }
            isMapped = true
        }
        return isMapped
    }

    private func grants(of client: ClientID, _ subject: String, at provider: ProviderID?) throws -> [StoredGrant] {
        let subjects = [subject] + (try writing.sameInForm(subject, kind: .subject))
        let form = ClientID(client.rawValue.normalized)
        let clients = form == client ? [client] : [client, form]
        return try (provider.map { [$0] } ?? providers).flatMap { provider in
            try clients.flatMap { client in
                try subjects.flatMap { try writing.everyGrant(of: client, subject: $0, at: provider) }
            }
        }
    }

    static func clientAndSubject(_ name: [UInt8]) -> (ClientID, String) {
        let length = Int(name[0]) << 8 | Int(name[1])
        let rest = name.dropFirst(2)
        return (
            ClientID(String(decoding: rest.prefix(length), as: UTF8.self)),
            String(decoding: rest.dropFirst(length), as: UTF8.self)
        )
    }

    /// `isCertain`: no other grant can be meant.
    private mutating func enter(_ use: inout Use, on known: StoredGrant, isCertain: Bool) throws {
        var stored = known
        use.check.hear(issuedAt: stored.grant.issuedAt, lastUsedAt: stored.grant.lastUsedAt)
        let at = use.at
        if isCertain, let vital = use.vitalAt,
            LifeAfterEnd.resurfaces(stored.grant, endedAt: stored.endedAt, signAt: vital, late: use.late)
        {
            stored.grant.resurfacedAt = now
            try tell(Event.Kind.grantResurfaced, "used at \(vital), after its end at \(stored.endedAt ?? now)", stored)
            report.resurfaced += 1
        }
        let isLatest = stored.grant.lastUsedAt.map { $0 < at } ?? true
        guard isLatest else {
            if stored.grant.resurfacedAt != known.grant.resurfacedAt { try writing.save(stored) }
            return
        }
        stored.grant.lastUsedAt = at
        if stored.grant.standing == .noticed || stored.grant.standing == .quarantined { stored.dueAt = now }
        let isStale = stored.grant.validity.inactiveSince.map { at > $0 } ?? false
        if isStale {
            stored.grant.validity.forgetInactivity()
            try writing.removePendingVerdict(row: stored.row)
        }
        try writing.save(stored)
        if let family = stored.grant.family { try writing.makeDue(family: family, at: now) }
        guard isStale, stored.grant.standing.isLive else { return }
        try tell(Event.Kind.grantTokenStale, "used at \(at), after its token was called inactive", stored)
        staleAt[stored.grant.key.provider, default: 0] += 1
    }

    private func tell(_ kind: String, _ reason: String, _ stored: StoredGrant) throws {
        var event = Event(kind, at: now, about: stored.grant)
        event.reason = reason
        event.actor = actor
        try writing.append(event, about: stored)
    }
}

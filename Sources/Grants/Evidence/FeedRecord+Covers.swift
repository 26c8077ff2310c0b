extension FeedRecord {
    /// A part of what a feed covers.
    package struct CoveredPart: Hashable, Sendable {
        package var cover: FeedSettings.Cover
        /// When an ingest first found it covered; nil: for as long as the feed's window goes back.
        package var since: Timestamp?

        package init(cover: FeedSettings.Cover, since: Timestamp?) {
            self.cover = cover
            self.since = since
        }
    }

    /// Takes what the feed is configured to cover; returns whether that is more than before.
    ///
    /// What was not covered before was perhaps not seen before: its window begins now. What is covered no longer is
    /// forgotten, so that it begins again where it is covered once more.
    package mutating func take(covers wanted: [FeedSettings.Cover], at now: Timestamp) -> Bool {
        guard let known = covers else {
            covers = wanted.map { CoveredPart(cover: $0, since: nil) }
            return false
        }
        guard known.map(\.cover) != wanted else { return false }
        var parts: [CoveredPart] = []
        var isWider = false
        for cover in wanted {
            parts += known.compactMap { part in
                part.cover.intersection(cover).map { CoveredPart(cover: $0, since: part.since) }
            }
            guard !cover.isWithin(known.map(\.cover)) else { continue }
            isWider = true
            parts.append(CoveredPart(cover: cover, since: now))
        }
        covers = parts.enumerated().filter { index, part in
            // Left out where another says the same or more; of two that say the same, the later.
            !parts.enumerated().contains { other, wider in
                other != index && wider.says(part) && !(part.says(wider) && index < other)
            }
        }.map(\.element)
        return isWider
    }

    /// The stretch in which every use of grants of this holder is known, as far as the feed covered them in it.
    package func window(of client: ClientID, tenant: TenantID, at provider: ProviderID) -> Window? {
        guard var window = window(of: client, at: provider) else { return nil }
        guard let covers else { return window }
        let parts = covers.filter { $0.cover.includes(provider, tenant, client) }
        guard !parts.isEmpty else { return nil }
        guard parts.allSatisfy({ $0.since != nil }), let since = parts.compactMap(\.since).min() else { return window }
        window.from = max(window.from, since)
        return window.from <= window.until ? window : nil
    }

    /// The same for a grant.
    package func window(of grant: Grant) -> Window? {
        window(of: grant.client, tenant: grant.tenant, at: grant.key.provider)
    }
}

extension FeedRecord.CoveredPart {
    /// Whether it covers all that the other does, from no later on.
    fileprivate func says(_ other: Self) -> Bool {
        cover.includes(other.cover) && (since.map { own in other.since.map { own <= $0 } ?? false } ?? true)
    }
}

extension FeedSettings.Cover {
    /// nil: they have no grant in common.
    fileprivate func intersection(_ other: Self) -> Self? {
        guard provider == other.provider else { return nil }
        let common = Self(
            provider: provider,
            tenants: Self.common(tenants, other.tenants),
            clients: Self.common(clients, other.clients)
        )
        return common.tenants?.isEmpty == true || common.clients?.isEmpty == true ? nil : common
    }

    /// Whether every grant of the other is one of these.
    fileprivate func includes(_ other: Self) -> Bool {
        provider == other.provider && Self.includes(tenants, other.tenants) && Self.includes(clients, other.clients)
    }

    /// Whether each of its grants is in one of them.
    fileprivate func isWithin(_ covers: [Self]) -> Bool {
        if covers.contains(where: { $0.includes(self) }) { return true }
        let tenants: [[TenantID]?] = self.tenants.map { $0.map { [$0] } } ?? [nil]
        let clients: [[ClientID]?] = self.clients.map { $0.map { [$0] } } ?? [nil]
        return tenants.allSatisfy { tenant in
            clients.allSatisfy { client in
                let part = Self(provider: provider, tenants: tenant, clients: client)
                return covers.contains { $0.includes(part) }
            }
        }
    }

    /// nil lists mean all.
    private static func common<Name: Hashable>(_ one: [Name]?, _ other: [Name]?) -> [Name]? {
        guard let one, let other else { return one ?? other }
        let names = Set(other)
        return one.filter(names.contains)
    }

    private static func includes<Name: Hashable>(_ one: [Name]?, _ other: [Name]?) -> Bool {
        guard let one else { return true }
        guard let other else { return false }
        return Set(one).isSuperset(of: other)
    }
}

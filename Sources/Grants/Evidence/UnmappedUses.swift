/// Uses that name no known grant, and may be of any grant of a client, or of the feed where no client is named.
///
/// Disuse of what they may be of is not observed past the first of them.
package struct UnmappedUses: Hashable, Sendable {
    /// nil: the lines name no provider.
    package var provider: ProviderID?
    /// nil: the lines name no client.
    package var client: ClientID?
    /// The first and the last of these uses.
    package var first: Timestamp
    package var last: Timestamp
    /// Different names that the lines give.
    package var names: Int

    package init(provider: ProviderID?, client: ClientID?, first: Timestamp, last: Timestamp, names: Int) {
        self.provider = provider
        self.client = client
        self.first = first
        self.last = last
        self.names = names
    }

    /// Whether one of the uses may be of a grant of this client at this provider.
    package func mayBe(of client: ClientID, at provider: ProviderID) -> Bool {
        (self.client.map { $0 == client } ?? true) && (self.provider.map { $0 == provider } ?? true)
    }
}

extension UnmappedUses {
    /// What lets go on whatever stands still because of them.
    package func release(in feed: String) -> String {
        "grantkeeper usage accept \(feed)\(client.map { " --client \($0)" } ?? "") --until \(last) --reason …"
    }

    /// That it stands still, for the person who looks at one of the grants.
    func words(in feed: String) -> String {
        "\(client == nil ? "all that the feed \(feed) covers" : "its client") stands still"
            + "\(client == nil ? "" : " in the feed \(feed)") since \(first), because of a use that names no known grant: "
            + release(in: feed)
    }
}

extension FeedRecord {
    /// The stretch in which every use of a client's grants is known: the window, cut before the first use that may be
    /// of one of them.
    ///
    /// What was used before the window began decides nothing in it.
    package func window(of client: ClientID, at provider: ProviderID) -> Window? {
        guard var cut = window else { return nil }
        for standstill in unmappedUses where standstill.mayBe(of: client, at: provider) && standstill.last >= cut.from {
            let before = Timestamp(milliseconds: standstill.first.milliseconds - 1)
            cut.until = max(cut.from, min(cut.until, before))
        }
        return cut
    }

    /// The earliest of the uses that cut the window of a client's grants short; nil: none does.
    package func standstill(of client: ClientID, at provider: ProviderID) -> UnmappedUses? {
        guard let window, let cut = self.window(of: client, at: provider), cut.until < window.until else { return nil }
        return unmappedUses.filter { $0.mayBe(of: client, at: provider) && $0.last >= window.from }
            .min { $0.first < $1.first }
    }
}

/// A use that named no known grant, until an import brings what it names.
package struct UnmappedUse: Hashable, Sendable {
    /// What the line names the grant by.
    package enum Name: Hashable, Sendable {
        case grant(String)
        /// SHA-256 of the token.
        case tokenDigest([UInt8])
        case subject(String)
    }

    /// A client, at any provider where none is named.
    package struct Holder: Hashable, Sendable {
        package var client: ClientID
        package var provider: ProviderID?

        package init(client: ClientID, provider: ProviderID?) {
            self.client = client
            self.provider = provider
        }
    }

    package var feed: String
    /// nil: the line names none.
    package var provider: ProviderID?
    /// nil: the line names none.
    package var client: ClientID?
    package var name: Name
    package var first: Timestamp
    package var last: Timestamp

    package init(
        feed: String,
        provider: ProviderID?,
        client: ClientID?,
        name: Name,
        first: Timestamp,
        last: Timestamp
    ) {
        self.feed = feed
        self.provider = provider
        self.client = client
        self.name = name
        self.first = first
        self.last = last
    }
}

/// A grant that was purged: what decides whether a record of it begins a new life.
package struct PurgedGrant: Hashable, Sendable {
    package var endedAt: Timestamp
    package var endedByHand: Bool
    /// The number that its row had, by which the fingerprints of its tokens are kept; nil: they were not kept then.
    package var row: Int64?

    package init(endedAt: Timestamp, endedByHand: Bool, row: Int64?) {
        self.endedAt = endedAt
        self.endedByHand = endedByHand
        self.row = row
    }
}

/// A name in the store that another may be taken for: not in form C, or with characters that cannot be seen.
package struct UnfitName: Hashable, Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        case provider, tenant, client, subject, grant
    }

    package var kind: Kind
    package var name: String
    /// It has the same normalization form as another name of its kind in the store.
    package var hasTwin: Bool

    package init(kind: Kind, name: String, hasTwin: Bool) {
        self.kind = kind
        self.name = name
        self.hasTwin = hasTwin
    }
}

/// What intake asks of a snapshot.
package protocol IntakeReading: InputReading {
    /// Stored names of the kind that are canonically equivalent to this one and have other bytes.
    func lookAlikes(of name: String, kind: UnfitName.Kind) throws -> [String]
    /// Subjects or ids of grants that may be meant by this one: in the normalization form C they are the same.
    func sameInForm(_ name: String, kind: UnfitName.Kind) throws -> [String]
    /// Stored names of these kinds that are not fit, at most `limit`.
    func unfitNames(of kinds: [UnfitName.Kind], limit: Int) throws -> [UnfitName]
    /// Whether there are, or were, grants of the client; at any provider where none is given.
    func knows(client: ClientID, at provider: ProviderID?) throws -> Bool
    /// Whether the grant of this row holds or ever held the token. Throws `no-key` without a key.
    func hasHeld(_ token: Secret, row: Int64) throws -> Bool
    /// nil: no grant of the key was purged, or one has been recorded since.
    func purgedGrant(_ key: Grant.Key) throws -> PurgedGrant?
}

extension IntakeReading {
    /// Stored names of every kind that are not fit, at most `limit`.
    package func unfitNames(limit: Int) throws -> [UnfitName] {
        try unfitNames(of: UnfitName.Kind.allCases, limit: limit)
    }
}

/// What intake changes in a transaction.
package protocol IntakeWriting: IntakeReading, InputWriting {
    /// Keeps a use that named no known grant; beyond a limit those of one client are kept as one.
    func noteUnmapped(_ use: UnmappedUse) throws
    /// Takes out the kept uses that this grant is meant by; returns the latest, nil where there was none.
    func takeUnmapped(of stored: StoredGrant, tokens: @autoclosure () -> [Secret]) throws -> Timestamp?
    /// Releases kept uses of a feed until an instant: of a client, or those that name none; returns how many names.
    func releaseUnmapped(feed: String, client: ClientID?, until: Timestamp) throws -> Int
    /// Releases kept uses of a feed that name one of the subjects.
    func releaseUnmapped(feed: String, subjects: [String]) throws
}

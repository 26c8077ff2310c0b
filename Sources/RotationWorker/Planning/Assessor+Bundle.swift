internal import Grants

/// What ends together at a provider, seen from an order that covers a part of it.
extension Assessor {
    /// All grants that one revocation leads to, whichever of them it begins with.
    struct Bundle {
        /// Rows of those that the order does not cover.
        var outside: [Int64] = []
        /// Whether grantkeeper lives on one of them; by its token, as far as anybody can tell, where not all are known.
        var ownership = Ownership.none
        var holdsOurs: Bool { ownership.isOurs }
        /// There are more than ``groupLimit``: not all are known.
        var isCut = false
    }

    /// So many rows are remembered.
    private static let bundleLimit = 100_000

    /// What ending the grant takes along beside what the selection covers.
    ///
    /// The members of a bundle have the same one, so it is looked for once; the snapshot must not change meanwhile.
    func bundle(of stored: StoredGrant, in selection: GrantSelection) throws -> Bundle {
        let near = reaches(of: stored.grant, needsCall: true)
        if near.isEmpty { return Bundle() }
        if let known = near.lazy.compactMap({ self.bundles[$0] }).first { return known }
        let found = try spread(from: stored, needsCall: true) { _ in true }
        var bundle = Bundle()
        // Its own too: the bundle is remembered for all members, and found from only one of them.
        bundle.ownership = try context(of: stored).ownership
        // All of a client's grants of a subject are covered, however many, unless the order is about a tenant.
        bundle.isCut = found.count >= Self.groupLimit && (selection.tenant != nil || stored.grant.family != nil)
        for other in found {
            bundle.ownership = max(bundle.ownership, try context(of: other.stored).ownership)
            if !selection.includes(other.stored.grant) { bundle.outside.append(other.stored.row) }
        }
        // Beyond the limit nobody has looked: ours may be there.
        if found.count >= Self.groupLimit, try oursAreBundledWithMany(at: stored.grant.key.provider) {
            bundle.ownership = .byToken
        }
        bundledRows += bundle.outside.count + 1
        if bundledRows > Self.bundleLimit {
            bundles.removeAll(keepingCapacity: true)
            bundledRows = 0
        }
        for reach in near { bundles[reach] = bundle }
        return bundle
    }

    /// Whether what grantkeeper lives on is in a bundle above ``groupLimit`` at the provider.
    ///
    /// What leads to ours is what ours lead to: where each of them is in a bundle that could be looked through, none is
    /// in a larger one.
    func oursAreBundledWithMany(at provider: ProviderID) throws -> Bool {
        if let known = bundledWithMany[provider] { return known }
        var followed: Set<Reach> = []
        var areMany = false
        func follow(_ stored: StoredGrant) throws {
            let near = reaches(of: stored.grant, needsCall: true)
            guard !areMany, !followed.isSuperset(of: near) else { return }
            followed.formUnion(near)
            areMany = try spread(from: stored, needsCall: true) { _ in true }.count + 1 >= Self.groupLimit
        }
        for row in ownRows.sorted() {
            guard let stored = try reading.grant(row: row), stored.grant.key.provider == provider else { continue }
            try follow(stored)
        }
        if let client = providers[provider]?.client.id {
            try reading.forEach(.unended, in: GrantSelection(provider: provider, client: client), follow)
        }
        bundledWithMany[provider] = areMany
        return areMany
    }
}

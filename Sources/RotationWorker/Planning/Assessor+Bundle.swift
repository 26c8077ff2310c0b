internal import Grants

/// What ends together at a provider, seen from an order that covers a part of it.
extension Assessor {
    /// All grants that one revocation leads to, whichever of them it begins with.
    struct Bundle {
        /// Rows of those that the order does not cover.
        var outside: [Int64] = []
        /// grantkeeper lives on one of them, or may do so where not all are known.
        var holdsOurs = false
        /// There are more than ``groupLimit``: not all are known.
        var isCut = false
    }

    /// All that leads to what grantkeeper lives on at a provider.
    struct OwnReach {
        var reaches: Set<Reach> = []
        /// What leads there is more than can be followed.
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
        // All of a client's grants of a subject are covered, however many, unless the order is about a tenant.
        bundle.isCut = found.count >= Self.groupLimit && (selection.tenant != nil || stored.grant.family != nil)
        for other in found {
            if context(of: other.stored).isOurs { bundle.holdsOurs = true }
            if !selection.includes(other.stored.grant) { bundle.outside.append(other.stored.row) }
        }
        // Beyond the limit nobody has looked: ours may be there.
        if found.count >= Self.groupLimit, !bundle.holdsOurs {
            let own = try ownReach(at: stored.grant.key.provider)
            bundle.holdsOurs = own.isCut || near.contains(where: own.reaches.contains)
        }
        bundledRows += bundle.outside.count + 1
        if bundledRows > Self.bundleLimit {
            bundles.removeAll(keepingCapacity: true)
            bundledRows = 0
        }
        for reach in near { bundles[reach] = bundle }
        return bundle
    }

    /// Followed from our end, which is small: whatever leads to ours is led to by ours.
    private func ownReach(at provider: ProviderID) throws -> OwnReach {
        if let known = ownReaches[provider] { return known }
        var own = OwnReach()
        for row in ownRows.sorted() {
            guard let stored = try reading.grant(row: row), stored.grant.key.provider == provider else { continue }
            try follow(stored, &own)
        }
        if let client = providers[provider]?.client.id {
            try reading.forEach(.unended, in: GrantSelection(provider: provider, client: client)) { stored in
                try follow(stored, &own)
            }
        }
        ownReaches[provider] = own
        return own
    }

    private func follow(_ stored: StoredGrant, _ own: inout OwnReach) throws {
        let near = reaches(of: stored.grant, needsCall: true)
        guard !near.allSatisfy(own.reaches.contains) else { return }
        own.reaches.formUnion(near)
        let found = try spread(from: stored, needsCall: true) { _ in true }
        for other in found { own.reaches.formUnion(reaches(of: other.stored.grant, needsCall: true)) }
        if found.count >= Self.groupLimit { own.isCut = true }
    }
}

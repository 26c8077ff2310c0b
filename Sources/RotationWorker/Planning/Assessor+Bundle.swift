internal import Grants

/// What ends together at a provider, seen from an order that covers a part of it.
extension Assessor {
    /// All grants that one revocation leads to, whichever of them it begins with.
    struct Bundle {
        /// Rows of those that the order does not cover.
        var outside: [Int64] = []
        /// grantkeeper lives on one of them.
        var holdsOurs = false
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
        // All of a client's grants of a subject are covered, however many, unless the order is about a tenant.
        bundle.isCut = found.count >= Self.groupLimit && (selection.tenant != nil || stored.grant.family != nil)
        for other in found {
            if context(of: other.stored).isOurs { bundle.holdsOurs = true }
            if !selection.includes(other.stored.grant) { bundle.outside.append(other.stored.row) }
        }
        bundledRows += bundle.outside.count + 1
        if bundledRows > Self.bundleLimit {
            bundles.removeAll(keepingCapacity: true)
            bundledRows = 0
        }
        for reach in near { bundles[reach] = bundle }
        return bundle
    }
}

package import Grants

/// All that an order to contain somebody would end, as it stands in one snapshot of the store.
///
/// The rows are in an unlinked file; memory holds counts, and the first of each list.
package struct ContainmentPlan: Sendable {
    /// Grants that a person should see: all are counted, the first are named.
    package struct Listed: Sendable {
        package static let most = 100

        package private(set) var count = 0
        package private(set) var first: [Grant.Key] = []

        package init() {}

        mutating func add(_ key: Grant.Key) {
            count += 1
            if first.count < Self.most { first.append(key) }
        }
    }

    /// What the order has to do with a grant.
    package enum Role: String, Sendable {
        case covered
        /// Not covered, and taken along by the revocation of one that is.
        case collateral
        case selfProtected = "self_protected"
        case shielded
    }

    /// Grants that are alike in this are counted together.
    package struct Share: Hashable, Comparable, Sendable {
        package var provider: ProviderID
        package var tenant: TenantID
        package var client: ClientID
        package var standing: Standing

        init(_ grant: Grant) {
            (provider, tenant, client) = (grant.key.provider, grant.tenant, grant.client)
            standing = grant.standing
        }

        package static func < (lhs: Self, rhs: Self) -> Bool {
            (lhs.provider, lhs.tenant, lhs.client, lhs.standing.rawValue)
                < (rhs.provider, rhs.tenant, rhs.client, rhs.standing.rawValue)
        }
    }

    /// What stands between the plan and a provider.
    package struct Obstacle: Hashable, Sendable {
        /// A stable word, such as `surge`.
        package var why: String
        /// nil: until somebody has repaired it.
        package var until: Timestamp?
    }

    package var selection: GrantSelection
    package var asOf: Timestamp
    /// SHA-256 over the order, the keys that it covers and those that go along, in hex.
    package var hash = ""
    /// What will end, those that go along included where the order takes them.
    package var counts: [Share: Int] = [:]
    /// The order takes along what the revocations end besides.
    package var takesAlong: Bool
    package var collateral = Listed()
    /// SHA-256 over those that go along, in hex; nil: there are none.
    package var collateralHash: String?
    /// Bundles so large that not all they take along is known.
    package var cutBundles = 0
    /// grantkeeper lives on them: never ended.
    package var selfProtected = Listed()
    /// Their end would take along what grantkeeper lives on: not ended.
    package var shielded = Listed()
    /// Those of both that are protected only because a record names our client.
    package var yielding = Listed()
    /// SHA-256 over them, in hex: what `--even-own` takes; nil: there are none.
    package var evenOwnHash: String?
    /// Ended, and a sign of life was found since: ended once more.
    package var resurfaced = Listed()
    package var frozen = Listed()
    /// No token or no credentials: they will be stuck.
    package var withoutCredentials = Listed()
    /// Where receivers enforce and no call is made.
    package var announcing: Set<ProviderID> = []
    package var held: [ProviderID: Obstacle] = [:]
    package var silent: [ProviderID: Obstacle] = [:]
    package var forecasts: [ContainmentForecast] = []
    /// The last rehearsal of the same order; nil: there was none.
    package var rehearsal: RehearsalRecord?
    /// A few of each provider, of as many clients as there are.
    var samples: [ProviderID: ContainmentSample] = [:]
    /// The rows of those that are left out: eight bytes each.
    var spared: Set<Int64> = []
    /// The rows, in key order; what goes along comes after what is covered.
    let spool: PlanSpool

    package var total: Int { counts.values.reduce(0, +) }

    package func count(_ standing: (Standing) -> Bool) -> Int {
        counts.reduce(0) { standing($1.key.standing) ? $0 + $1.value : $0 }
    }

    package func count(at provider: ProviderID) -> Int {
        counts.reduce(0) { $1.key.provider == provider ? $0 + $1.value : $0 }
    }

    package var providers: [ProviderID] { Set(counts.keys.map(\.provider)).sorted() }
    package var clients: [ProviderID: [ClientID]] {
        counts.keys.reduce(into: [ProviderID: Set<ClientID>]()) { $0[$1.provider, default: []].insert($1.client) }
            .mapValues { $0.sorted() }
    }

    /// The types of the events that will leave, each to every sink, with their number.
    ///
    /// What may fail is counted as if it did not.
    package var events: [String: Int] {
        let announced = counts.reduce(0) { sum, part in
            part.key.standing.isLive && announcing.contains(part.key.provider) ? sum + part.value : sum
        }
        let stuck = withoutCredentials.count
        let names = [
            Event.Kind.runApproved: total > 0 ? 1 : 0, Event.Kind.grantRevoking: total - announced,
            "grant.revoked": total - stuck, "grant.stuck": stuck,
        ]
        return names.filter { $0.value > 0 }
    }

    /// Ends will be left: protected, without credentials, or behind a provider that does not answer.
    package var leavesSome: Bool {
        selfProtected.count > 0 || shielded.count > 0 || withoutCredentials.count > 0 || !held.isEmpty
            || !silent.isEmpty
    }
}

/// A few grants of one provider, to be asked about: the first of every client, then others.
struct ContainmentSample: Sendable {
    static let most = 20

    private var clients: Set<ClientID> = []
    private var firsts: [Int64] = []
    private var others: [Int64] = []

    mutating func add(_ stored: StoredGrant) {
        if firsts.count < Self.most, clients.insert(stored.grant.client).inserted {
            firsts.append(stored.row)
        } else if others.count < Self.most {
            others.append(stored.row)
        }
    }

    var rows: [Int64] { Array((firsts + others).prefix(Self.most)) }
}

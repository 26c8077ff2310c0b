package import Grants

/// A person's order to end grants: what it would take along, what it needs, and its execution.
///
/// Goes before exemptions, notice and quarantine; never before self-protection, but as far as `--even-own` goes.
package struct RevocationByHand: Sendable {
    /// What the order means for the store as it is; nothing is changed by making it.
    package struct Forecast: Sendable {
        /// In key order; those named and, with `withCollateral`, those they take along.
        package var rows: [StoredGrant] = []
        package var selfProtected: [Grant.Key] = []
        /// SHA-256, in hex, over those that are protected only because a record names our client; nil: there are none.
        package var evenOwnHash: String?
        /// What it would take along and grantkeeper lives on: the order is not carried out.
        package var protectedAlong: [Grant.Key] = []
        /// It would take along more than can be looked through, and ours may be there: the same.
        package var mayTakeOursAlong = false
        /// Ended already, and not resurfaced.
        package var decided: [Grant.Key] = []
        /// Live grants that the revocation would take along and that nobody named.
        package var collateral: [Grant.Key] = []
        /// Of those, the ones of another tenant: never taken along.
        package var ofOtherTenants: [Grant.Key] = []
        package var collateralHash: String?
        package var frozen: [Grant.Key] = []
        /// Why the valve asks for an approval; nil: it does not.
        package var excess: String?
        /// SHA-256 over the rows, in hex: what `--approve` takes.
        package var hash = ""
        package var heldProviders: Set<ProviderID> = []
    }

    private let environment: RotationEnvironment
    private let now: Timestamp

    package init(_ environment: RotationEnvironment) {
        self.environment = environment
        now = environment.clock.now()
    }

    /// What the order would do; with `takesAlong` the rows include what the named grants take along.
    package func forecast(
        _ keys: [Grant.Key],
        _ selection: GrantSelection?,
        takesAlong: Bool,
        options: OrderOptions = OrderOptions()
    ) async throws -> Forecast {
        let (environment, now) = (environment, now)
        return try await environment.store.read { reading in
            var named: [StoredGrant] = try keys.compactMap { try reading.grant($0) }
            if let selection {
                try reading.forEach(.unended, in: selection) { named.append($0) }
                try reading.forEach(.resurfaced, in: selection) { stored in
                    if stored.grant.hasEnded { named.append(stored) }
                }
            }
            return try Self.forecast(named, environment, now, reading, takesAlong: takesAlong, options)
        }
    }

    private static func forecast(
        _ named: [StoredGrant],
        _ environment: RotationEnvironment,
        _ now: Timestamp,
        _ reading: any StoreReading,
        takesAlong: Bool,
        _ options: OrderOptions
    ) throws -> Forecast {
        let assessor = try Assessor(
            reading,
            environment.settings,
            ownTokens: environment.ownTokens,
            now: now
        )
        var forecast = Forecast()
        var rows: [Grant.Key: StoredGrant] = [:]
        var yielding: Set<Grant.Key> = []
        /// Whether it is spared; what yields is remembered.
        func isProtected(_ stored: StoredGrant) throws -> Bool {
            let ownership = try assessor.context(of: stored).ownership
            guard ownership.isOurs else { return false }
            guard assessor.yields(ownership, at: stored.grant.key.provider) else { return true }
            yielding.insert(stored.grant.key)
            return !options.evenOwn
        }
        for stored in named {
            let key = stored.grant.key
            if stored.grant.hasEnded, stored.grant.resurfacedAt == nil {
                forecast.decided.append(key)
            } else if try isProtected(stored) {
                forecast.selfProtected.append(key)
            } else {
                rows[key] = stored
            }
        }
        var along: [Grant.Key: StoredGrant] = [:]
        // What is being revoked was looked at when that was decided.
        for stored in rows.values where stored.grant.standing != .revoking {
            let reached = try assessor.wholeReach(of: stored)
            if reached.count >= Assessor.groupLimit, !forecast.mayTakeOursAlong {
                forecast.mayTakeOursAlong = try assessor.oursAreBundledWithMany(at: stored.grant.key.provider)
            }
            for other in reached where rows[other.grant.key] == nil {
                along[other.grant.key] = other
                if other.grant.tenant != stored.grant.tenant { forecast.ofOtherTenants.append(other.grant.key) }
                if try isProtected(other) { forecast.protectedAlong.append(other.grant.key) }
            }
        }
        if !yielding.isEmpty { forecast.evenOwnHash = hash(of: yielding.sorted(), "even-own") }
        forecast.collateral = along.keys.sorted()
        if !along.isEmpty { forecast.collateralHash = hash(of: along.keys.sorted() + rows.keys.sorted()) }
        if takesAlong { rows.merge(along) { mine, _ in mine } }
        forecast.rows = rows.values.sorted { $0.grant.key < $1.grant.key }
        forecast.hash = hash(of: rows.keys.sorted())
        forecast.heldProviders = Set(try reading.heldProviders().keys)
            .intersection(rows.keys.map(\.provider))
        let freezes = try reading.freezes()
        forecast.frozen = rows.values.filter { stored in
            freezes.contains { $0.selection.includes(stored.grant) }
        }.map(\.grant.key).sorted()
        try readValve(&forecast, environment, now, reading)
        return forecast
    }

    private static func hash(of keys: [Grant.Key], _ purpose: String = "by-hand") -> String {
        var digest = PlanDigest(Array(purpose.utf8))
        for key in keys { digest.add(Array(key.description.utf8)) }
        return digest.hex
    }

    private static func readValve(
        _ forecast: inout Forecast,
        _ environment: RotationEnvironment,
        _ now: Timestamp,
        _ reading: any StoreReading
    ) throws {
        var planned: [Partition: Int] = [:]
        for stored in forecast.rows where stored.grant.standing.isLive {
            planned[Partition(of: stored.grant), default: 0] += 1
        }
        let reading = try ValveCounts(reading, environment.settings, at: now, countsRipe: true)
            .reading(planned: planned)
        let partition = planned.keys.sorted().first { reading.partitions[$0] != nil }
        let provider = planned.keys.map(\.provider).sorted().first { reading.providers[$0] != nil }
        if let partition {
            forecast.excess = "more than the valve lets end for \(partition.tenant) at \(partition.provider)"
        } else if let provider {
            forecast.excess = "more than the valve lets end at \(provider)"
        } else if reading.store != nil, !planned.isEmpty {
            forecast.excess = "more than the valve lets end in all"
        }
    }

    /// Decides the ends; the queue is worked apart.
    ///
    /// Returns the rows that were still there to end.
    package func execute(
        _ forecast: Forecast,
        reason: String,
        reference: String?,
        run: Int64,
        options: OrderOptions = OrderOptions()
    ) async throws -> Set<Int64> {
        let (environment, now) = (environment, now)
        var done: Set<Int64> = []
        for start in stride(from: 0, to: forecast.rows.count, by: 200) {
            let slice = Array(forecast.rows[start..<min(start + 200, forecast.rows.count)])
            done.formUnion(
                try await environment.store.write { writing in
                    let hand = try HandOrder(
                        environment,
                        reason: reason,
                        reference: reference,
                        options: options,
                        run: run,
                        at: now,
                        writing
                    )
                    var done: Set<Int64> = []
                    for planned in slice {
                        guard let stored = try writing.grant(row: planned.row), try hand.end(stored, in: writing) else {
                            continue
                        }
                        done.insert(stored.row)
                    }
                    return done
                }
            )
        }
        return done
    }
}

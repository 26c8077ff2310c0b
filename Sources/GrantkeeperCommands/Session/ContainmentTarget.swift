internal import Grants
internal import Records
internal import RotationWorker

/// Whom an order to contain is about, as it was typed.
struct ContainmentTarget {
    var supplier: String?
    var client: String?
    var provider: String?

    /// The grants that it covers; a name that nobody knows, or an internal tenant as a supplier, is an error.
    func selection(_ session: Session) async throws -> GrantSelection {
        if let supplier { try Self.check(supplier: TenantID(supplier), session.rotation.settings) }
        var options = SelectionOptions()
        (options.tenant, options.client, options.provider) = (supplier, client, provider)
        return try await options.selection(session)
    }

    /// Throws unless the tenant is a supplier or a partner of the configuration.
    static func check(supplier: TenantID, _ settings: RotationSettings) throws {
        let outside = settings.tenants.filter { $0.party != .internal }.map(\.id.rawValue)
        guard !outside.contains(where: { $0.hasSameBytes(as: supplier.rawValue) }) else { return }
        let isInternal = settings.tenants.contains { $0.id == supplier }
        let near = nearestWord(to: supplier.rawValue, in: outside).map { "did you mean '\(Console.printable($0))'?" }
        throw CommandError(
            .usage,
            "unknown-supplier",
            isInternal
                ? "the tenant '\(Console.printable(supplier.rawValue))' is internal, and no supplier or partner"
                : "there is no supplier or partner '\(Console.printable(supplier.rawValue))' in 'tenants'",
            hint: near
                ?? (outside.isEmpty
                    ? "the configuration names none"
                    : "known: \(outside.sorted().prefix(20).map(Console.printable).joined(separator: ", "))")
        )
    }
}

extension ContainmentReport {
    /// The report of a rehearsal of this plan.
    func rehearsing(
        _ run: Int64,
        _ rotation: RotationEnvironment,
        isByHand: Bool,
        _ environment: ProgramEnvironment
    ) async throws -> ContainmentReport {
        var report = self
        report.isRehearsal = true
        report.run = run
        let begun = environment.clock.now()
        let job = RehearsalJob(rotation, run: run, isByHand: isByHand, randomToken: environment.madeUpToken)
        report.rehearsed = try await job.perform(plan)
        report.seconds = Double((environment.clock.now() - begun).milliseconds) / 1_000
        return report
    }
}

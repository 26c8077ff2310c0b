internal import Grants
internal import Scheduling
internal import Synchronization

/// Looks at the gates before each order's first call: one prepared read of a number that changes with every freeze and
/// hold, and the gates themselves only when it did.
final class OrderGateKeeper: Sendable {
    private let environment: RotationEnvironment
    private let provider: ProviderID
    private let known = Mutex<(number: Int64, gates: OrderGates)?>(nil)

    init(_ environment: RotationEnvironment, at provider: ProviderID) {
        self.environment = environment
        self.provider = provider
    }

    /// The gate that is closed to the order at this moment; nil: it may begin.
    func closed(to work: RevocationJob.Work) async throws -> Gates.Gate? {
        try await closed(to: [work])[0]
    }

    /// The gate that is closed to each of the orders at this moment, by one read; nil: it may begin.
    func closed(to orders: [RevocationJob.Work]) async throws -> [Gates.Gate?] {
        let (provider, last) = (provider, known.withLock { $0 })
        let present = try await environment.store.read { reading in
            let number = try reading.gateNumber()
            if let last, last.number == number { return last }
            let freezes = try reading.freezes().map(\.selection)
            return (number, OrderGates(freezes: freezes, hold: try reading.heldProviders()[provider]))
        }
        known.withLock { $0 = present }
        let (mode, now) = (environment.mode.current, environment.clock.now())
        let isBlackout = environment.blackouts.current(at: now) != nil
        return orders.map { work in
            present.gates.closed(to: work.order, on: work.stored.grant, mode: mode, blackout: isBlackout)
        }
    }
}

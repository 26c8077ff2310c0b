internal import Dispatch
internal import Grants
internal import Synchronization

/// Where the walk over the grants leaves what it judged: a second thread writes it into the ledger meanwhile.
///
/// A short plan never leaves the walk's own thread.
final class PlanDesk: Sendable {
    private static let step = 128

    private struct Walk {
        var waiting: [Assessment] = []
        var hasHelp = false
    }

    private let ledger: Mutex<PlanLedger>
    /// The walk's side.
    private let walk = Mutex(Walk())
    private let handover = Handover<Assessment>(capacity: 4)
    private let helper = DispatchGroup()
    /// What the second thread failed with.
    private let failure = Mutex<(any Error)?>(nil)

    init(_ ledger: sending PlanLedger) { self.ledger = Mutex(ledger) }

    /// Runs the walk, and returns when all that it left here is written down.
    func whileOpen<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            let result = try body()
            try writeRest()
            return result
        } catch {
            handover.close()
            handover.abandon()
            helper.wait()
            throw failure.withLock { $0 } ?? error
        }
    }

    func take(_ assessment: Assessment) throws {
        let full = walk.withLock { walk -> [Assessment]? in
            walk.waiting.append(assessment)
            guard walk.waiting.count >= Self.step else { return nil }
            defer {
                walk.waiting = []
                walk.waiting.reserveCapacity(Self.step)
            }
            if !walk.hasHelp {
                walk.hasHelp = true
                startHelping()
            }
            return walk.waiting
        }
        // Refused: the second thread has failed, and says why.
        if let full, !handover.give(full) { throw CancellationError() }
    }

    private func startHelping() {
        DispatchQueue(label: "grantkeeper.plan").async(group: helper) { [self] in
            do {
                while let batch = try handover.take() {
                    try ledger.withLock { ledger in
                        for assessment in batch { try ledger.take(assessment) }
                    }
                }
            } catch {
                failure.withLock { $0 = error }
                handover.abandon()
            }
        }
    }

    private func writeRest() throws {
        handover.close()
        helper.wait()
        if let error = failure.withLock({ $0 }) { throw error }
        let rest = walk.withLock { $0.waiting }
        try ledger.withLock { ledger in
            for assessment in rest { try ledger.take(assessment) }
        }
    }

    /// The plan, after the walk.
    func close(_ reading: any StoreReading) throws -> ExpiryPlan {
        try ledger.withLock { try $0.finish(reading) }
    }
}

import Grants
import RotationWorker
import Synchronization

@testable import oracle

/// The rows of a plan, by grant.
final class PlannedRows: PlanRowReceiver {
    private let rows = Mutex<[String: PlanRow]>([:])
    var byID: [String: PlanRow] { rows.withLock { $0 } }

    func receive(_ row: PlanRow) throws {
        guard row.grant.key.provider == Core.provider else { return }
        rows.withLock { $0[row.grant.key.id] = row }
    }

    func restart() throws { rows.withLock { $0 = [:] } }
}

package import Grants

extension RevocationJob {
    /// What became of the orders that were due.
    package struct Report: Sendable {
        package struct Line: Sendable {
            package var key: Grant.Key
            package var standing: Standing
            package var proof: Proof?
            /// Why it is not done; nil where it is.
            package var why: String?
        }

        package var ended: [Standing: Int] = [:]
        package var proofs: [Proof: Int] = [:]
        /// Why → number.
        package var stuck: [String: Int] = [:]
        package var retrying = 0
        /// Waits because its provider is held; of rules' orders at most as many as one page holds.
        package var waiting: [ProviderID: Int] = [:]
        /// Waits behind another gate that was closed while the job ran: gate → number.
        package var stopped: [Gates.Gate: Int] = [:]
        /// Ended, and nothing shows that the refresh token, or its successor, is dead.
        package var livingOn = 0
        /// Tried before, and left until their time has come, those of this run included.
        package var backingOff = OrdersBackingOff()
        /// Providers that did not answer, and why; their orders wait.
        package var unreachable: [ProviderID: String] = [:]
        package var lines: [Line] = []

        package init() {}

        /// All that was due is done.
        package var isDone: Bool {
            stuck.isEmpty && retrying == 0 && waiting.isEmpty && stopped.isEmpty && unreachable.isEmpty
        }

        mutating func stop(_ work: Work, _ gate: Gates.Gate, isNamed: Bool) {
            let grant = work.stored.grant
            if gate == .heldProvider {
                waiting[grant.key.provider, default: 0] += 1
            } else {
                stopped[gate, default: 0] += 1
            }
            if isNamed {
                lines.append(.init(key: grant.key, standing: grant.standing, proof: nil, why: gate.rawValue))
            }
        }

        mutating func add(_ other: Self) {
            ended.merge(other.ended, uniquingKeysWith: +)
            proofs.merge(other.proofs, uniquingKeysWith: +)
            stuck.merge(other.stuck, uniquingKeysWith: +)
            retrying += other.retrying
            waiting.merge(other.waiting, uniquingKeysWith: +)
            stopped.merge(other.stopped, uniquingKeysWith: +)
            livingOn += other.livingOn
            unreachable.merge(other.unreachable) { first, _ in first }
            lines += other.lines
        }
    }
}

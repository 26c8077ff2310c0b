import Grants
import Synchronization

/// The faults in force, and how many introspection answers were given since they were set.
final class FaultBoard: Sendable {
    private struct State {
        var faults: SandboxFaults
        var answers: Int64 = 0
        var generator: SandboxGenerator
    }

    private let seed: UInt64?
    private let state: Mutex<State>

    init(_ faults: SandboxFaults, seed: UInt64?) {
        self.seed = seed
        state = Mutex(State(faults: faults, generator: SandboxGenerator(seed: seed)))
    }

    var faults: SandboxFaults { state.withLock { $0.faults } }

    /// Puts other faults in force and starts counting, and the random numbers, anew.
    func replace(_ faults: SandboxFaults) {
        let generator = SandboxGenerator(seed: seed)
        state.withLock { $0 = State(faults: faults, generator: generator) }
    }

    /// What befalls the next request at an endpoint.
    func faults(at endpoint: SandboxEndpoint) -> SandboxFaults {
        state.withLock { state in
            let faults = state.faults
            guard faults.endpoints.contains(endpoint) else { return SandboxFaults() }
            let strikes = faults.percent == 100 || Int64.random(in: 0..<100, using: &state.generator) < faults.percent
            return strikes ? faults : SandboxFaults()
        }
    }

    /// Counts one introspection answer; the faults in force, and whether they call the token inactive.
    func nextAnswer(on token: TokenFact?, asker: ClientID) -> (faults: SandboxFaults, isInactive: Bool) {
        state.withLock { state in
            state.answers += 1
            let isInactive =
                switch state.faults.inactive {
                case nil: false
                case .all: true
                case .allButOwnClient: token?.client != asker
                case .refreshTokens: token?.kind == .refreshToken
                case .fromAnswer(let first): state.answers >= first
                case .atRandom(let percent): Int64.random(in: 0..<100, using: &state.generator) < percent
                }
            return (state.faults, isInactive)
        }
    }
}

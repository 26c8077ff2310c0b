import Grants
import RotationWorker
import Synchronization

@testable import oracle

/// Sees in which order things happen: what the server answers, what a transaction commits, what a person types.
///
/// Every transaction is looked at before it is committed, so what was answered until then was answered before it.
final class Watch: Sendable {
    enum Phase { case intake, prepare, apply, queue, questions, delivery }

    struct State {
        var phase = Phase.intake
        /// The clock that the run judges by, as it read it when it planned.
        var judgedBy: Timestamp?
        var isApproving = false
        /// The true instant of the run: what it applies is applied at once.
        var runAt: Instant = 0
        /// Of the answers of this run: how many, and their `Date`s with the worker's clock beside them.
        var answers = 0
        var dates: [(date: Timestamp, clock: Timestamp)] = []
        /// Why the last look at the server was not sound; nil: it was.
        var unsound: String?
        /// What the provider is held for, by what the journal says.
        var hold: String?
        /// `freeze` has returned, and nobody has thawed since.
        var isFrozen = false
        /// The mode was read last as `observe`.
        var isObserving = false
        /// How many orders were on their way when it returned.
        var wereInFlight = 0
        /// Whose orders reached the server since.
        var endedWhileFrozen: Set<Int> = []
        var plan: [String: PlanRow] = [:]
        var seq: Int64 = 0
        var recordedAt: [String: Instant] = [:]
        var toldAt: [String: Instant] = [:]
        var referee: Referee
        /// What was exercised, by name.
        var seen: [String: Int] = [:]
    }

    private static let tolerance = Duration.minutes(5)

    let world: World
    let clock: WorldClock
    private let state: Mutex<State>

    init(_ world: World, _ clock: WorldClock) {
        self.world = world
        self.clock = clock
        state = Mutex(State(referee: Referee(world, only: nil, isTraced: true)))
    }

    var failure: String? { state.withLock { $0.referee.failure } }
    var transcript: [(Instant, String)] { state.withLock { $0.referee.transcript } }

    func with<Result>(_ body: (inout sending State) throws -> sending Result) rethrows -> sending Result {
        try state.withLock { try body(&$0) }
    }

    func count(_ name: String, _ times: Int = 1) { state.withLock { $0.seen[name, default: 0] += times } }
    func note(_ words: String) { state.withLock { $0.referee.note(clock.truth, words) } }
    func fail(_ words: String) { state.withLock { $0.referee.fail(clock.truth, words) } }

    // MARK: Runs

    /// A run begins: what was answered before it says nothing of the time any more.
    func beginRun() {
        state.withLock { state in
            (state.answers, state.dates) = (0, [])
            state.judgedBy = nil
            state.runAt = clock.truth
            state.plan = [:]
        }
    }

    func enter(_ phase: Phase, judgedBy: Timestamp? = nil, approving: Bool = false) {
        state.withLock { state in
            state.phase = phase
            state.judgedBy = judgedBy
            state.isApproving = approving
            // The queue is a job of its own, which looks for itself.
            if phase == .queue { (state.answers, state.dates) = (0, []) }
        }
    }

    func setFrozen(_ isFrozen: Bool, inFlight: Int = 0) {
        state.withLock { state in
            state.isFrozen = isFrozen
            state.wereInFlight = inFlight
            state.endedWhileFrozen = []
        }
    }

    // MARK: The server's side

    func heard(_ call: TrueServer.Call, status: Int, date: Instant?) {
        let now = clock.now()
        state.withLock { state in
            state.answers += 1
            if let date { state.dates.append((Timestamp(milliseconds: date / 1_000 * 1_000), now)) }
            if let last = state.dates.last, date != nil, Self.differ(last.date, last.clock) {
                state.unsound = "its clock is not the worker's"
            } else if call == .introspection {
                state.unsound = status == 200 ? nil : "it refuses our client"
            }
        }
    }

    /// An order reaches the server.
    func revokes(_ token: TokenName) {
        let now = clock.truth
        state.withLock { state in
            let order = "an order for \(token.person)"
            state.seen["revocations at the server", default: 0] += 1
            if state.answers == 0 { state.referee.fail(now, "(g) \(order) reached a server that was not looked at") }
            if state.dates.contains(where: { Self.differ($0.date, $0.clock) }) {
                state.referee.fail(now, "(g) \(order) reached a server whose clock is not the worker's")
            }
            if let why = state.unsound { state.referee.fail(now, "(h) \(order) reached a server although \(why)") }
            if let hold = state.hold { state.referee.fail(now, "(h) \(order) reached a server held for \(hold)") }
            if state.isObserving { state.referee.fail(now, "(i) \(order) reached the server in the mode observe") }
            guard state.isFrozen else { return }
            state.endedWhileFrozen.insert(token.person)
            if state.endedWhileFrozen.count > state.wereInFlight {
                state.referee.fail(now, "(i) \(order) reached the server after freeze had returned")
            }
        }
    }

    static func differ(_ date: Timestamp, _ clock: Timestamp) -> Bool {
        date - clock > tolerance || clock - date > tolerance
    }

    /// A sink has acknowledged what was announced.
    func told(_ event: WatchedEvent) {
        guard event.type == "grant.noticed" || event.type == "grant.quarantined" else { return }
        state.withLock { $0.toldAt[event.grant] = clock.truth }
    }

    /// All that were told before are told from now on.
    func restartNotices() {
        let now = clock.truth
        state.withLock { state in for id in state.toldAt.keys { state.toldAt[id] = now } }
    }
}

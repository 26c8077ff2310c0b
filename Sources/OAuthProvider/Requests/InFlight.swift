internal import Synchronization

/// A ceiling on what is in flight that follows the server: halved when it asks for patience or does not answer in
/// time, one more for every window of answers, never below one.
///
/// It begins at the ceiling, which is what the operator agreed upon with the server. Who waits is let in first come,
/// first served.
final class InFlight: Sendable {
    /// The right to one call; given back by ``leave(_:_:)``, exactly once.
    struct Ticket: Sendable {
        /// How often the width had been halved when it was given.
        fileprivate let epoch: Int
    }

    enum Outcome: Sendable {
        case answered
        /// 429, 503, or no answer in time.
        case pressed
        /// It says nothing about the server: not sent, refused, cancelled.
        case other
    }

    private struct State {
        var width: Int
        var inFlight = 0
        var epoch = 0
        var answered = 0
        var lastWaiter: UInt64 = 0
        var waiters: [(id: UInt64, continuation: CheckedContinuation<Ticket?, Never>)] = []

        mutating func end(_ ticket: Ticket, _ outcome: Outcome, _ ceiling: Int) {
            inFlight -= 1
            guard ticket.epoch == epoch else { return }
            switch outcome {
            case .answered:
                answered += 1
                if answered >= width {
                    answered = 0
                    width = min(ceiling, width + 1)
                }
            case .pressed:
                epoch += 1
                answered = 0
                width = max(1, width / 2)
            case .other:
                break
            }
        }

        mutating func admitted() -> [(CheckedContinuation<Ticket?, Never>, Ticket)] {
            var admitted: [(CheckedContinuation<Ticket?, Never>, Ticket)] = []
            while inFlight < width, !waiters.isEmpty {
                inFlight += 1
                admitted.append((waiters.removeFirst().continuation, Ticket(epoch: epoch)))
            }
            return admitted
        }
    }

    private let ceiling: Int
    private let state: Mutex<State>

    init(ceiling: Int) {
        self.ceiling = max(1, ceiling)
        state = Mutex(State(width: max(1, ceiling)))
    }

    var width: Int { state.withLock { $0.width } }
    var inFlight: Int { state.withLock { $0.inFlight } }
    /// How many wait to be let in.
    var waiterCount: Int { state.withLock { $0.waiters.count } }

    /// Waits for room; nil if the task was cancelled before there was some.
    func enter() async -> Ticket? {
        let id = state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let admitted = state.withLock { state -> [(CheckedContinuation<Ticket?, Never>, Ticket)]? in
                    guard !Task.isCancelled else { return nil }
                    state.waiters.append((id, continuation))
                    return state.admitted()
                }
                guard let admitted else { return continuation.resume(returning: nil) }
                for (waiter, ticket) in admitted { waiter.resume(returning: ticket) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiters.firstIndex { $0.id == id }.map { state.waiters.remove(at: $0).continuation }
            }
            waiter?.resume(returning: nil)
        }
    }

    /// Whether pressure on this call would be the first sign of its burst.
    ///
    /// What was let in before the last halving is the same burst, and says nothing new.
    func isFirst(_ ticket: Ticket) -> Bool { state.withLock { $0.epoch == ticket.epoch } }

    /// Ends a call, and lets in who waits.
    func leave(_ ticket: Ticket, _ outcome: Outcome) {
        let admitted = state.withLock { state in
            state.end(ticket, outcome, ceiling)
            return state.admitted()
        }
        for (waiter, ticket) in admitted { waiter.resume(returning: ticket) }
    }

    /// Ends an answered call and begins the next of the same caller, if there is room that nobody waits for; nil: it has
    /// left, and has to wait its turn.
    func pass(_ ticket: Ticket) -> Ticket? {
        let (next, admitted) = state.withLock { state in
            state.end(ticket, .answered, ceiling)
            let admitted = state.admitted()
            guard state.waiters.isEmpty, state.inFlight < state.width else { return (nil as Ticket?, admitted) }
            state.inFlight += 1
            return (Ticket(epoch: state.epoch), admitted)
        }
        for (waiter, ticket) in admitted { waiter.resume(returning: ticket) }
        return next
    }
}

internal import Grants
internal import Synchronization

/// Until when nothing is sent to a server, because it said so or because it keeps asking for patience.
final class Patience: Sendable {
    /// The first pause where the server names none; doubled with every burst that is refused.
    static let shortest = Duration.milliseconds(50)
    /// Waited for like a short `Retry-After`: whether to give up is decided where many answers are seen.
    static let longest = Duration.seconds(2)

    private struct State {
        /// On the monotonic clock.
        var until: Duration?
        /// Bursts in a row that were refused.
        var refusals = 0
    }

    private let state = Mutex(State())
    /// Between 0 and 1.
    private let jitter: @Sendable () -> Double

    init(jitter: @escaping @Sendable () -> Double) {
        self.jitter = jitter
    }

    /// How long is still to be waited; nil: not at all.
    func left(at now: Duration) -> Duration? {
        state.withLock { state in
            guard let until = state.until, until > now else {
                state.until = nil
                return nil
            }
            return until - now
        }
    }

    /// The server asked for patience, for so long as it said; returns how long is to be waited now.
    ///
    /// Without a word of its own the pause grows, once for each burst: half of it is left to chance.
    func ask(for told: Duration?, isFirstOfBurst: Bool, at now: Duration) -> Duration {
        state.withLock { state in
            let wait: Duration
            if isFirstOfBurst { state.refusals = min(state.refusals + 1, 20) }
            if let told {
                wait = told
            } else {
                let full = min(Self.shortest * (1 << max(0, state.refusals - 1)), Self.longest)
                wait = isFirstOfBurst ? full / 2 + full / 2 * min(max(jitter(), 0), 1) : .zero
            }
            if wait > .zero { state.until = max(state.until ?? .zero, now + wait) }
            return max(wait, (state.until ?? now) - now)
        }
    }

    /// Whether repeating makes sense: the last `tries` bursts were not all refused.
    func isHopeful(after tries: Int) -> Bool { state.withLock { $0.refusals < tries } }

    /// The server answered: the next pause begins anew.
    func relax() {
        state.withLock { $0.refusals = 0 }
    }
}

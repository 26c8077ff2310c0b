internal import Grants
internal import HTTPTransport

/// The one way to a provider: keeps to its rate and to what may be in flight, and waits when it asks us to.
final class Wire: Sendable {
    /// A pause up to this is waited for; a longer one is handed to the caller.
    static let shortWait = Duration.seconds(2)
    /// A request is sent so often, at most, while the server asks for patience; once, when it has done nothing else for
    /// so many bursts.
    static let tries = 5

    let timeout: Duration
    let clock: any WallClock
    let inFlight: InFlight
    private let transport: any HTTPTransport
    private let pace: RequestPace
    private let patience: Patience
    private let sleep: @Sendable (Duration) async -> Void
    let uptime: @Sendable () -> Duration

    init(
        limits: ProviderSettings.Limits,
        transport: any HTTPTransport,
        clock: any WallClock,
        sleep: @escaping @Sendable (Duration) async -> Void,
        uptime: @escaping @Sendable () -> Duration,
        jitter: @escaping @Sendable () -> Double
    ) {
        timeout = limits.timeout
        inFlight = InFlight(ceiling: limits.inFlight)
        pace = RequestPace(requestsPerSecond: limits.requestsPerSecond, burst: limits.inFlight)
        patience = Patience(jitter: jitter)
        self.transport = transport
        self.clock = clock
        self.sleep = sleep
        self.uptime = uptime
    }

    /// Sends a request that is safe to repeat (RFC 9110 §9.2.2): a few times, while the server asks for short patience.
    ///
    /// Every time it queues anew, for the ceiling and for the rate.
    func send(_ request: HTTPRequest) async throws(CallFailure) -> Reply {
        var tries = 0
        while true {
            let (reply, wait) = try await sendOnce(request)
            tries += 1
            guard let wait, wait <= Self.shortWait, tries < Self.tries, patience.isHopeful(after: Self.tries) else {
                return reply
            }
        }
    }

    /// The reply, and how long the server wants quiet; nil: it does not.
    private func sendOnce(_ request: HTTPRequest) async throws(CallFailure) -> (Reply, Duration?) {
        guard let ticket = await inFlight.enter() else { throw .cancelled }
        do {
            try await waitForTurn()
        } catch {
            inFlight.leave(ticket, .other)
            throw error
        }
        let response: HTTPResponse
        do {
            response = try await transport.send(request)
        } catch {
            let failure = CallFailure(error)
            inFlight.leave(ticket, failure.reason == .timeout ? .pressed : .other)
            throw failure
        }
        let reply = Reply(response, now: clock.now())
        guard reply.asksForPatience else {
            patience.relax()
            inFlight.leave(ticket, .answered)
            return (reply, nil)
        }
        // Said before the next is let in.
        let isFirst = inFlight.isFirst(ticket)
        let wait = patience.ask(for: reply.retryAfter, isFirstOfBurst: isFirst, at: uptime())
        inFlight.leave(ticket, .pressed)
        return (reply, wait)
    }

    /// Returns when this request may leave now.
    private func waitForTurn() async throws(CallFailure) {
        repeat {
            try await sitOutPause()
            let wait = pace.reserve(at: uptime())
            if wait > .zero { await sleep(wait) }
            let late = pace.confirm(at: uptime())
            if late > .zero { await sleep(late) }
            guard !Task.isCancelled else { throw .cancelled }
        } while patience.left(at: uptime()) != nil
    }

    private func sitOutPause() async throws(CallFailure) {
        while let left = patience.left(at: uptime()) {
            guard !Task.isCancelled else { throw .cancelled }
            guard left <= Self.shortWait else {
                let seconds = (left.milliseconds + 999) / 1_000
                var failure = CallFailure(
                    .rateLimited,
                    "the server asked for no requests for another \(seconds)s; nothing was sent",
                    retryAfter: left
                )
                failure.wasSent = false
                throw failure
            }
            await sleep(left)
        }
    }
}

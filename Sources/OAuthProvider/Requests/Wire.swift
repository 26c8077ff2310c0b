internal import Grants
internal import HTTPTransport
internal import Synchronization

/// The one way to a provider: keeps to its rate, and waits when it asks us to.
final class Wire: Sendable {
    /// A `Retry-After` up to this is waited for; a longer one is handed to the caller.
    static let shortWait = Duration.seconds(2)

    let timeout: Duration
    let clock: any WallClock
    private let transport: any HTTPTransport
    private let pace: RequestPace
    private let sleep: @Sendable (Duration) async -> Void
    private let uptime: @Sendable () -> Duration
    /// Until when nothing is sent, on the monotonic clock.
    private let pausedUntil = Mutex<Duration?>(nil)

    init(
        limits: ProviderSettings.Limits,
        transport: any HTTPTransport,
        clock: any WallClock,
        sleep: @escaping @Sendable (Duration) async -> Void,
        uptime: @escaping @Sendable () -> Duration
    ) {
        timeout = limits.timeout
        pace = RequestPace(requestsPerSecond: limits.requestsPerSecond, burst: limits.inFlight)
        self.transport = transport
        self.clock = clock
        self.sleep = sleep
        self.uptime = uptime
    }

    /// Sends a request that is safe to repeat (RFC 9110 §9.2.2): once, after a short `Retry-After`.
    func send(_ request: HTTPRequest) async throws(CallFailure) -> Reply {
        var reply = try await sendOnce(request)
        if reply.asksForPatience, let wait = reply.retryAfter, wait <= Self.shortWait {
            if wait > .zero { await sleep(wait) }
            reply = try await sendOnce(request)
        }
        if reply.asksForPatience, let wait = reply.retryAfter, wait > Self.shortWait {
            let until = uptime() + wait
            pausedUntil.withLock { $0 = max($0 ?? until, until) }
        }
        return reply
    }

    private func sendOnce(_ request: HTTPRequest) async throws(CallFailure) -> Reply {
        try refuseWhilePaused()
        let wait = pace.reserve(at: uptime())
        if wait > .zero {
            await sleep(wait)
            try refuseWhilePaused()
        }
        guard !Task.isCancelled else { throw .cancelled }
        do {
            let response = try await transport.send(request)
            return Reply(response, now: clock.now())
        } catch {
            throw CallFailure(error)
        }
    }

    private func refuseWhilePaused() throws(CallFailure) {
        let now = uptime()
        let left = pausedUntil.withLock { until -> Duration? in
            guard let end = until, end > now else {
                until = nil
                return nil
            }
            return end - now
        }
        guard let left else { return }
        let seconds = (left.milliseconds + 999) / 1_000
        throw CallFailure(
            .rateLimited,
            "the server asked for no requests for another \(seconds)s; nothing was sent",
            retryAfter: left
        )
    }
}

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
    private let dates = DateMemory()
    private let sleep: @Sendable (Duration) async -> Void
    let uptime: @Sendable () -> Duration

    init(
        limits: ProviderSettings.Limits,
        buckets: RateBuckets,
        transport: any HTTPTransport,
        clock: any WallClock,
        sleep: @escaping @Sendable (Duration) async -> Void,
        uptime: @escaping @Sendable () -> Duration,
        jitter: @escaping @Sendable () -> Double
    ) {
        timeout = limits.timeout
        inFlight = InFlight(ceiling: limits.inFlight)
        pace = RequestPace(requestsPerSecond: limits.requestsPerSecond, burst: limits.inFlight, buckets: buckets)
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
        try await insist(on: request, try await sendOnce(request))
    }

    /// Sends a request and, after each reply of status 200, at once the one that `next` makes of it.
    ///
    /// Returns when one may not leave at once, which is to be sent like a first one, or when `next` makes none: nil. Any
    /// other reply ends it too; it, as any failure, is about the request that `next` gave last.
    func send(
        _ first: HTTPRequest,
        then next: @escaping @Sendable (Reply) -> HTTPRequest?
    ) async throws(CallFailure) -> Reply? {
        let course = Course(first, try await admission())
        do {
            try await transport.send(first) { self.go(on: course, after: $0, next) }
        } catch {
            let failure = failure(error, course.ticket)
            guard let again = course.request.repeated(after: error) else { throw failure }
            return try await insist(on: course.request, try await sendOnce(again))
        }
        guard let (request, reply) = course.unlike200 else { return nil }
        return try await insist(on: request, reply)
    }

    /// On the transport's thread: the request that may leave at once, if there is one.
    private func go(
        on course: Course,
        after response: HTTPResponse,
        _ next: (Reply) -> HTTPRequest?
    ) -> HTTPRequest? {
        let ticket = course.ticket
        guard response.status == 200 else {
            course.end(with: settle(response, ticket))
            return nil
        }
        patience.relax()
        guard let request = next(Reply(response, now: clock.now(), dates)) else {
            inFlight.leave(ticket, .answered)
            return nil
        }
        guard let ticket = inFlight.pass(ticket) else { return nil }
        let now = uptime()
        guard patience.left(at: now) == nil, pace.pass(at: now) else {
            inFlight.leave(ticket, .other)
            return nil
        }
        course.go(on: request, ticket)
        return request
    }

    private func insist(on request: HTTPRequest, _ first: (Reply, Duration?)) async throws(CallFailure) -> Reply {
        var (reply, wait) = first
        var tries = 1
        while let present = wait, present <= Self.shortWait, tries < Self.tries, patience.isHopeful(after: Self.tries) {
            (reply, wait) = try await sendOnce(request)
            tries += 1
        }
        return reply
    }

    /// The reply, and how long the server wants quiet; nil: it does not.
    ///
    /// What a kept connection was closed under is sent once more over a new one, as a request of its own for the ceiling
    /// and for the rate.
    private func sendOnce(_ request: HTTPRequest) async throws(CallFailure) -> (Reply, Duration?) {
        let ticket = try await admission()
        do {
            return settle(try await transport.send(request), ticket)
        } catch {
            let failure = failure(error, ticket)
            guard let again = request.repeated(after: error) else { throw failure }
            return try await sendOnce(again)
        }
    }

    /// Room for a request that may leave now.
    private func admission() async throws(CallFailure) -> InFlight.Ticket {
        guard let ticket = await inFlight.enter() else { throw .cancelled }
        do {
            try await waitForTurn()
        } catch {
            inFlight.leave(ticket, .other)
            throw error
        }
        return ticket
    }

    private func failure(_ error: HTTPFailure, _ ticket: InFlight.Ticket) -> CallFailure {
        let failure = CallFailure(error)
        inFlight.leave(ticket, failure.reason == .timeout ? .pressed : .other)
        return failure
    }

    private func settle(_ response: HTTPResponse, _ ticket: InFlight.Ticket) -> (Reply, Duration?) {
        let reply = Reply(response, now: clock.now(), dates)
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

extension HTTPRequest {
    /// The request over a connection of its own, where it may be sent again after the failure; nil: it may not, or was
    /// sent again already.
    fileprivate func repeated(after failure: HTTPFailure) -> HTTPRequest? {
        guard isIdempotent, failure.isWorthRepeating, !usesNewConnection else { return nil }
        var request = self
        request.usesNewConnection = true
        return request
    }
}

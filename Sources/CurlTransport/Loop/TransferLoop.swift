internal import CCurl
import HTTPTransport

/// Runs all transfers; made by the transport, then confined to its thread.
final class TransferLoop {
    let mailbox: Mailbox
    private let options: CurlTransport.Options
    /// Every accepted job that has no outcome yet, with its transfer once it runs.
    private var pending: [UInt64: Flight] = [:]
    private var lanes: [String: Lane] = [:]
    private var idle: [Transfer] = []
    /// No deadline is earlier; it may be that of a job that has ended, which costs one look through all.
    private var earliestDeadline: ContinuousClock.Instant?
    private let multi: MultiHandle

    init(mailbox: Mailbox, options: CurlTransport.Options) throws(HTTPFailure) {
        self.mailbox = mailbox
        self.options = options
        multi = try MultiHandle.make(options: options)
        mailbox.connect(multi.waker)
    }

    /// Returns when it was told to stop; everybody who waited has an outcome then.
    func run() {
        var isHealthy = true
        while isHealthy {
            let orders = mailbox.take()
            for job in orders.jobs { accept(job) }
            for id in orders.cancelled { abort(id, .cancelled, "the request was cancelled") }
            if orders.stop { break }
            isHealthy = multi.perform()
            while let (transfer, result) = multi.nextFinished() { finish(transfer, result) }
            abortOverdue()
            isHealthy = isHealthy && multi.wait(milliseconds: waitingTime())
        }
        let late = mailbox.disconnect()
        for job in late.jobs { accept(job) }
        // Only for want of memory or file descriptors does libcurl give up by itself.
        let reason = isHealthy ? "the transport was shut down" : "libcurl gave up, and the transport with it"
        for id in Array(pending.keys) { abort(id, isHealthy ? .shutDown : .other, reason, startsNext: false) }
    }

    private func accept(_ job: Job) {
        let origin = job.request.address.origin
        let lane = lanes[origin] ?? Lane(origin, options)
        lanes[origin] = lane
        let flight = Flight(job, lane)
        pending[job.id] = flight
        look(at: job.request.deadline)
        lane.enqueue(job.id)
        startNext(lane)
    }

    private func startNext(_ lane: Lane) {
        while let id = lane.dequeue() {
            guard let flight = pending[id] else { continue }
            do throws(HTTPFailure) {
                if let used = idle.popLast() {
                    try start(flight, used)
                } else {
                    try start(flight, Transfer(options: options))
                }
            } catch {
                fail(flight, error)
            }
        }
        if lane.isForgettable { lanes[lane.origin] = nil }
    }

    private func start(_ flight: Flight, _ transfer: Transfer) throws(HTTPFailure) {
        try transfer.prepare(flight)
        guard multi.add(transfer.easy) else {
            throw HTTPFailure(.other, operation: "", host: "", message: "libcurl does not take the transfer")
        }
        flight.transfer = transfer
        if flight.lane.started(now: .now) { drain(flight.lane) }
    }

    private func fail(_ flight: Flight, _ error: HTTPFailure) {
        pending[flight.id] = nil
        flight.job.fail(error.code, error.message)
    }

    /// Lets the lane's connections end with what runs on them.
    private func drain(_ lane: Lane) {
        for flight in pending.values where flight.lane === lane { flight.transfer?.forbidReuse() }
        if let deadline = lane.drainDeadline { look(at: deadline) }
    }

    private func look(at instant: ContinuousClock.Instant) {
        earliestDeadline = min(earliestDeadline ?? instant, instant)
    }

    private func finish(_ transfer: Transfer, _ result: CURLcode) {
        guard let flight = transfer.flight else { preconditionFailure("a transfer without a flight has ended") }
        let lane = flight.lane
        let outcome = transfer.outcome(result)
        if let isMultiplexed = transfer.spokeHTTP2 { lane.isMultiplexed = isMultiplexed }
        if Transfer.isMiscoded(result) { lane.undoesCodings = false }
        multi.remove(transfer.easy)
        lane.ended()
        flight.transfer = nil
        let follows: Bool
        do throws(HTTPFailure) {
            follows = try flight.follow(outcome.get(), options: options)
            if !follows { end(flight, outcome) }
        } catch {
            follows = false
            end(flight, .failure(error))
        }
        if follows {
            look(at: flight.request.deadline)
            if lane.isFree {
                do throws(HTTPFailure) {
                    try start(flight, transfer)
                    return
                } catch {
                    fail(flight, error)
                }
            } else {
                lane.enqueue(flight.id)
            }
        }
        putAway(transfer)
        startNext(lane)
    }

    private func end(_ flight: Flight, _ outcome: Result<HTTPResponse, HTTPFailure>) {
        pending[flight.id] = nil
        flight.job.finish(outcome)
    }

    /// Ends a job that has no outcome yet; any other id means nothing.
    private func abort(_ id: UInt64, _ code: HTTPFailure.Code, _ message: String, startsNext: Bool = true) {
        guard let flight = pending.removeValue(forKey: id) else { return }
        if let transfer = flight.transfer {
            multi.remove(transfer.easy)
            flight.lane.ended()
            putAway(transfer)
        }
        flight.transfer = nil
        flight.job.fail(code, message)
        if startsNext { startNext(flight.lane) }
    }

    /// A handle that cannot be cleared goes, with all it holds.
    private func putAway(_ transfer: Transfer) {
        if (try? transfer.clear()) != nil { idle.append(transfer) }
    }

    private func abortOverdue() {
        let now = ContinuousClock.now
        guard let earliest = earliestDeadline, earliest <= now else { return }
        var freed: [ObjectIdentifier: Lane] = [:]
        for (id, flight) in pending where flight.request.deadline <= now {
            abort(id, .timeout, "no complete response in time", startsNext: false)
            freed[ObjectIdentifier(flight.lane)] = flight.lane
        }
        for lane in lanes.values {
            guard let deadline = lane.drainDeadline, deadline <= now else { continue }
            lane.giveUpDraining()
            freed[ObjectIdentifier(lane)] = lane
        }
        // Only now: what waited may be overdue too, and must not be sent any more.
        for lane in freed.values { startNext(lane) }
        earliestDeadline = nil
        for flight in pending.values { look(at: flight.request.deadline) }
        for deadline in lanes.values.compactMap(\.drainDeadline) { look(at: deadline) }
    }

    private func waitingTime() -> Int32 {
        guard let earliestDeadline else { return Self.longestWait }
        return Int32(clamping: min(Int(Self.longestWait), (earliestDeadline - .now).milliseconds))
    }

    /// A wake-up that libcurl could not deliver is made up for after this time.
    private static let longestWait: Int32 = 1_000
}

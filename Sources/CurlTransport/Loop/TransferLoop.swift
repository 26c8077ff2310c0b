internal import CCurl
import HTTPTransport

/// Runs all transfers; made by the transport, then confined to its thread.
final class TransferLoop {
    let mailbox: Mailbox
    private let options: CurlTransport.Options
    /// Every accepted job that has no outcome yet, with its transfer once it runs.
    private var pending: [UInt64: Pending] = [:]
    private var lanes: [String: Lane] = [:]
    private var idle: [Transfer] = []
    /// No deadline is earlier; it may be that of a job that has ended, which costs one look through all.
    private var earliestDeadline: ContinuousClock.Instant?
    private let multi: MultiHandle

    private struct Pending {
        let job: Job
        var transfer: Transfer?
    }

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
        pending[job.id] = Pending(job: job)
        look(at: job.request.deadline)
        let origin = job.request.address.origin
        lanes[origin, default: Lane(options)].enqueue(job.id)
        startNext(origin)
    }

    private func startNext(_ origin: String) {
        while let id = lanes[origin]?.dequeue() {
            guard let job = pending[id]?.job else { continue }
            do throws(HTTPFailure) {
                let transfer: Transfer
                if let used = idle.popLast() { transfer = used } else { transfer = try Transfer(options: options) }
                try transfer.prepare(job)
                guard multi.add(transfer.easy) else {
                    throw HTTPFailure(.other, operation: "", host: "", message: "libcurl does not take the transfer")
                }
                pending[id]?.transfer = transfer
                if lanes[origin]?.started(now: .now) == true { drain(origin) }
            } catch {
                pending[id] = nil
                job.fail(error.code, error.message)
            }
        }
        if lanes[origin]?.isForgettable == true { lanes[origin] = nil }
    }

    /// Lets the lane's connections end with what runs on them.
    private func drain(_ origin: String) {
        for entry in pending.values where entry.job.request.address.origin == origin {
            entry.transfer?.forbidReuse()
        }
        if let deadline = lanes[origin]?.drainDeadline { look(at: deadline) }
    }

    private func look(at instant: ContinuousClock.Instant) {
        earliestDeadline = min(earliestDeadline ?? instant, instant)
    }

    private func finish(_ transfer: Transfer, _ result: CURLcode) {
        guard let job = transfer.job else { preconditionFailure("a transfer without a job has ended") }
        let outcome = transfer.outcome(result)
        let origin = job.request.address.origin
        if let isMultiplexed = transfer.spokeHTTP2 { lanes[origin]?.isMultiplexed = isMultiplexed }
        release(transfer, origin)
        pending[job.id] = nil
        job.finish(outcome)
        startNext(origin)
    }

    /// Ends a job that has no outcome yet; any other id means nothing.
    private func abort(_ id: UInt64, _ code: HTTPFailure.Code, _ message: String, startsNext: Bool = true) {
        guard let entry = pending.removeValue(forKey: id) else { return }
        let origin = entry.job.request.address.origin
        if let transfer = entry.transfer { release(transfer, origin) }
        entry.job.fail(code, message)
        if startsNext { startNext(origin) }
    }

    private func release(_ transfer: Transfer, _ origin: String) {
        multi.remove(transfer.easy)
        lanes[origin]?.ended()
        // A handle that cannot be cleared goes, with all it holds.
        if (try? transfer.clear()) != nil { idle.append(transfer) }
    }

    private func abortOverdue() {
        let now = ContinuousClock.now
        guard let earliest = earliestDeadline, earliest <= now else { return }
        var freed: Set<String> = []
        for (id, entry) in pending where entry.job.request.deadline <= now {
            abort(id, .timeout, "no complete response in time", startsNext: false)
            freed.insert(entry.job.request.address.origin)
        }
        for (origin, lane) in lanes {
            guard let deadline = lane.drainDeadline, deadline <= now else { continue }
            lanes[origin]?.giveUpDraining()
            freed.insert(origin)
        }
        // Only now: what waited may be overdue too, and must not be sent any more.
        for origin in freed { startNext(origin) }
        earliestDeadline = nil
        for entry in pending.values { look(at: entry.job.request.deadline) }
        for deadline in lanes.values.compactMap(\.drainDeadline) { look(at: deadline) }
    }

    private func waitingTime() -> Int32 {
        guard let earliestDeadline else { return Self.longestWait }
        return Int32(clamping: min(Int(Self.longestWait), (earliestDeadline - .now).milliseconds))
    }

    /// A wake-up that libcurl could not deliver is made up for after this time.
    private static let longestWait: Int32 = 1_000
}

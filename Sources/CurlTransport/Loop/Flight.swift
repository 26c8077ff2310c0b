import HTTPTransport

/// A job that the loop has accepted, until it has its outcome; confined to the loop's thread.
final class Flight {
    private(set) var job: Job
    let lane: Lane
    /// nil: the request waits for its turn.
    var transfer: Transfer?
    /// It was sent once, and goes on a new connection now.
    private(set) var isRepeated = false

    init(_ job: Job, _ lane: Lane) {
        self.job = job
        self.lane = lane
    }

    var id: UInt64 { job.id }
    var request: CheckedRequest { job.request }

    /// Whether the request is sent once more: a kept connection had been closed by the server, and sending it twice does
    /// no harm.
    func repeats(after failure: HTTPFailure, onKeptConnection: Bool) -> Bool {
        guard onKeptConnection, failure.code == .connectionLost, request.isRepeatable, !isRepeated else { return false }
        isRepeated = true
        return true
    }

    /// Goes on with the request that follows a response; false: none does.
    func follow(_ response: HTTPResponse, options: CurlTransport.Options) throws(HTTPFailure) -> Bool {
        guard let next = job.next?(response) else { return false }
        let before = job.request.head
        isRepeated = false
        job.request = try CheckedRequest(next, after: job.request, options: options)
        guard job.request.head === before || job.request.address.origin == lane.origin else {
            throw HTTPFailure(
                .invalidRequest,
                operation: next.method.rawValue,
                host: job.request.address.host,
                message: "a request that follows another one goes to the same server"
            )
        }
        return true
    }
}

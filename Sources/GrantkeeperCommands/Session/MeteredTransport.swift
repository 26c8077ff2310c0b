internal import Grants
internal import HTTPTransport
internal import RotationWorker
internal import Synchronization

/// A transport that counts what it sends to a provider, and how long each answer took.
struct MeteredTransport: HTTPTransport {
    let transport: any HTTPTransport
    let provider: ProviderID
    let metrics: WorkerMetrics
    private let meter: RequestMeter

    init(transport: any HTTPTransport, provider: ProviderID, metrics: WorkerMetrics) {
        self.transport = transport
        self.provider = provider
        self.metrics = metrics
        meter = RequestMeter(metrics, provider)
    }

    func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
        let begun = ContinuousClock.now
        func count(_ outcome: String) {
            let (seconds, attoseconds) = (ContinuousClock.now - begun).components
            metrics.request(provider, outcome: outcome, seconds: Double(seconds) + Double(attoseconds) / 1e18)
        }
        do throws(HTTPFailure) {
            let response = try await transport.send(request)
            count("\(response.status)")
            return response
        } catch {
            count(error.code.description)
            throw error
        }
    }

    func send(
        _ first: HTTPRequest,
        then next: @escaping @Sendable (HTTPResponse) -> HTTPRequest?
    ) async throws(HTTPFailure) {
        let watch = Stopwatch()
        do throws(HTTPFailure) {
            try await transport.send(first) { response in
                meter.count(status: response.status, seconds: watch.seconds)
                let following = next(response)
                watch.start()
                return following
            }
        } catch {
            metrics.request(provider, outcome: error.code.description, seconds: watch.seconds)
            throw error
        }
    }

    func shutdown() async { await transport.shutdown() }
}

/// Measures one request after another.
private final class Stopwatch: Sendable {
    private let begun = Mutex(ContinuousClock.now)

    var seconds: Double {
        let (seconds, attoseconds) = (ContinuousClock.now - begun.withLock { $0 }).components
        return Double(seconds) + Double(attoseconds) / 1e18
    }

    func start() { begun.withLock { $0 = .now } }
}

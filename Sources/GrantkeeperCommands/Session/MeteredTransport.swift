internal import Grants
internal import HTTPTransport
internal import RotationWorker

/// A transport that counts what it sends to a provider, and how long each answer took.
struct MeteredTransport: HTTPTransport {
    let transport: any HTTPTransport
    let provider: ProviderID
    let metrics: WorkerMetrics

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

    func shutdown() async { await transport.shutdown() }
}

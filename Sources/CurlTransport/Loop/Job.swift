import HTTPTransport

/// One request on its way, with the caller who waits for it.
struct Job: Sendable {
    let id: UInt64
    let request: CheckedRequest
    let continuation: CheckedContinuation<Result<HTTPResponse, HTTPFailure>, Never>

    func finish(_ outcome: Result<HTTPResponse, HTTPFailure>) {
        continuation.resume(returning: outcome)
    }

    func fail(_ code: HTTPFailure.Code, _ message: String) {
        finish(
            .failure(
                HTTPFailure(
                    code,
                    operation: request.method.rawValue,
                    host: request.address.host,
                    message: message
                )
            )
        )
    }
}

import HTTPTransport

/// One request, and those that follow it one by one, with the caller who waits for the last of them.
struct Job: Sendable {
    let id: UInt64
    /// The one on its way, or next to be.
    var request: CheckedRequest
    /// What follows a response; nil: nothing does.
    let next: (@Sendable (HTTPResponse) -> HTTPRequest?)?
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

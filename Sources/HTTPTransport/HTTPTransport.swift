/// What sends requests to providers and receivers.
package protocol HTTPTransport: Sendable {
    /// Sends one request and returns the response, whatever its status.
    ///
    /// A cancelled task gets `.cancelled` promptly; the server may have acted on the request all the same.
    func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse

    /// Sends a request and, after each response, at once the one that `next` makes of it; returns when it makes none.
    ///
    /// Never more than one of them is on its way, and each has its own time. The first failure ends it: it is that of
    /// the request which `next` gave last. `next` runs where the response came in, on the transport's own thread too,
    /// and must not wait.
    func send(
        _ first: HTTPRequest,
        then next: @escaping @Sendable (HTTPResponse) -> HTTPRequest?
    ) async throws(HTTPFailure)

    /// Fails what is in flight with `.shutDown`, refuses what comes later, and returns when nothing runs any more.
    ///
    /// May be called any number of times, from anywhere.
    func shutdown() async
}

extension HTTPTransport {
    package func send(
        _ first: HTTPRequest,
        then next: @escaping @Sendable (HTTPResponse) -> HTTPRequest?
    ) async throws(HTTPFailure) {
        var request: HTTPRequest? = first
        while let present = request { request = next(try await send(present)) }
    }
}

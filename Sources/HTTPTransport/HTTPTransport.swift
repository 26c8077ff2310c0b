/// What sends requests to providers and receivers.
package protocol HTTPTransport: Sendable {
    /// Sends one request and returns the response, whatever its status.
    ///
    /// A cancelled task gets `.cancelled` promptly; the server may have acted on the request all the same.
    func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse

    /// Fails what is in flight with `.shutDown`, refuses what comes later, and returns when nothing runs any more.
    ///
    /// May be called any number of times, from anywhere.
    func shutdown() async
}

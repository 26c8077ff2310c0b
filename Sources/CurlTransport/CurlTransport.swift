package import HTTPTransport

/// HTTP over one libcurl multi handle, which one thread of its own runs.
///
/// Connections are kept and reused; over TLS the server may choose HTTP/2, whose connections carry many requests at
/// once. libcurl repeats a request by itself when a kept connection turns out to have been closed by the server before
/// any byte of a response came.
///
/// A transport that is dropped without ``shutdown()`` stops its thread soon after.
package final class CurlTransport: HTTPTransport {
    private let options: Options
    /// All that the thread shares with callers; the thread holds it, never the transport itself.
    let mailbox: Mailbox

    /// Starts the thread.
    ///
    /// - Throws: `.tls` for a certificate or key file that cannot be read, `.invalidURL` for a proxy that is no URL,
    ///   `.other` when libcurl is too old or the thread cannot start.
    package init(options: Options = Options()) throws(HTTPFailure) {
        try options.check()
        try CurlLibrary.ready()
        self.options = options
        mailbox = try LoopThread.start(options: options)
    }

    /// Whether there is a libcurl that does what is asked of it, without a transport.
    ///
    /// - Throws: `.other` where it cannot be loaded, is too old or lacks something.
    package static func checkLibrary() throws(HTTPFailure) { try CurlLibrary.ready() }

    deinit {
        mailbox.stop()
    }

    package func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
        try await run(request, next: nil)
    }

    package func send(
        _ first: HTTPRequest,
        then next: @escaping @Sendable (HTTPResponse) -> HTTPRequest?
    ) async throws(HTTPFailure) {
        _ = try await run(first, next: next)
    }

    /// The response after which there is no next request.
    private func run(
        _ request: HTTPRequest,
        next: (@Sendable (HTTPResponse) -> HTTPRequest?)?
    ) async throws(HTTPFailure) -> HTTPResponse {
        let checked = try CheckedRequest(request, options: options)
        let id = mailbox.nextID()
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                mailbox.submit(Job(id: id, request: checked, next: next, continuation: continuation))
            }
        } onCancel: {
            mailbox.cancel(id)
        }
        return try outcome.get()
    }

    package func shutdown() async {
        mailbox.stop()
        await mailbox.ended()
    }
}

import CurlTransport
import HTTPTransport
import Testing

/// Runs the body with a transport and shuts it down in every case.
func withTransport<Value>(
    _ configure: (inout CurlTransport.Options) -> Void = { _ in },
    _ body: (CurlTransport) async throws -> Value
) async throws -> Value {
    var options = CurlTransport.Options()
    configure(&options)
    let transport = try CurlTransport(options: options)
    do {
        let value = try await body(transport)
        await transport.shutdown()
        return value
    } catch {
        await transport.shutdown()
        throw error
    }
}

extension CurlTransport {
    func get(_ url: String, timeout: Duration = .seconds(30)) async throws(HTTPFailure) -> HTTPResponse {
        try await send(HTTPRequest(method: .get, url: url, timeout: timeout))
    }

    /// The failure of a request that has to fail.
    func failure(
        of url: String,
        timeout: Duration = .seconds(30),
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> HTTPFailure {
        try await #require(throws: HTTPFailure.self, sourceLocation: sourceLocation) {
            _ = try await self.get(url, timeout: timeout)
        }
    }
}

extension HTTPResponse {
    var text: String { String(decoding: body, as: UTF8.self) }
}

internal import Hummingbird
internal import HummingbirdCore

/// Answers single requests.
struct ScrapeHandler: Sendable {
    let hosts: ServedHosts
    let body: @Sendable () async -> String

    /// A request whose body would have to be read.
    static func hasBody(_ request: Request) -> Bool {
        request.headers[.transferEncoding] != nil || (request.headers[.contentLength] ?? "0") != "0"
    }

    func answer(_ request: Request) async -> Response {
        guard !Self.hasBody(request) else {
            var response = Self.message(.contentTooLarge, "no body is taken\n")
            response.headers[.connection] = "close"
            return response
        }
        let response = await response(to: request)
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func response(to request: Request) async -> Response {
        let path = request.uri.path
        guard path == "/metrics" || path == "/healthz" else { return Self.message(.notFound, "not found\n") }
        guard request.method == .get || request.method == .head else {
            var response = Self.message(.methodNotAllowed, "GET or HEAD\n")
            response.headers[.allow] = "GET, HEAD"
            return response
        }
        guard path == "/metrics" else { return Self.message(.ok, "ok\n") }
        guard hosts.includes(request.head.authority) else {
            return Self.message(
                .misdirectedRequest,
                "metrics are given for the host that is listened on; 'metrics: { hosts: [NAME] }' names others\n"
            )
        }
        return Self.message(.ok, await body(), "text/plain; version=0.0.4; charset=utf-8")
    }

    private static func message(
        _ status: HTTPResponse.Status,
        _ text: String,
        _ type: String = "text/plain; charset=utf-8"
    ) -> Response {
        Response(
            status: status,
            headers: [.contentType: type, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text))
        )
    }
}

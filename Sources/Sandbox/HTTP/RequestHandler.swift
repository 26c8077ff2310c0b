import Grants
import Hummingbird
import HummingbirdCore

/// Carries requests to the endpoints and answers back, with what the faults do to either.
struct RequestHandler: Sendable {
    let server: AuthorizationServer
    let statistics: Statistics
    let administration: Administration

    private static let maximumBody = 65_536
    /// For 100,000 grants and more.
    private static let maximumOrders = 128 << 20

    /// Answers one request; `address` is the caller's, nil where it is not known.
    func respond(to request: Request, from address: String?) async throws -> Response {
        let path = request.uri.path
        if let endpoint = SandboxEndpoint(path: path) {
            return try await serve(request, at: endpoint)
        }
        guard path.hasPrefix(Administration.pathPrefix), Self.isLoopback(address) else {
            return message(.failure(404, "not_found", "there is nothing here", nil))
        }
        guard let call = await read(request, upTo: Self.maximumOrders) else {
            return message(Self.tooLarge)
        }
        return message(administration.answer(call))
    }

    private func serve(_ request: Request, at endpoint: SandboxEndpoint) async throws -> Response {
        statistics.requested(endpoint)
        defer { statistics.left() }
        let faults = server.board.faults(at: endpoint)
        if faults.hangs {
            try await hang(request, at: endpoint)
        }
        if faults.latency > .zero {
            try await Task.sleep(for: faults.latency)
        }
        let date = server.clock.now() + faults.dateSkew
        var answer = faults.replacement(at: date)
        if answer == nil {
            let call = await read(request, upTo: Self.maximumBody)
            answer = call.map { faults.spoiled(server.answer($0, at: endpoint)) }
        }
        let sent = answer ?? Self.tooLarge
        statistics.answered(endpoint, sent.status)
        return message(sent, date: date, dripPerByte: faults.dripPerByte)
    }

    /// Ends by an error only, and as soon as the caller hangs up or the server ends.
    private func hang(_ request: Request, at endpoint: SandboxEndpoint) async throws {
        statistics.hanging(endpoint, 1)
        defer { statistics.hanging(endpoint, -1) }
        try await request.body.consumeWithCancellationOnInboundClose { _ in
            while true {
                try await Task.sleep(for: .seconds(3_600))
            }
        }
    }

    /// nil: the body is too long, or broke off.
    private func read(_ request: Request, upTo limit: Int) async -> Call? {
        guard let body = try? await request.body.collect(upTo: limit) else { return nil }
        return Call(
            method: request.method.rawValue,
            path: request.uri.path,
            contentType: request.headers[.contentType],
            authorization: request.headers[.authorization],
            body: Array(body.readableBytesView)
        )
    }

    private func message(
        _ answer: Answer,
        date: Timestamp? = nil,
        dripPerByte: Duration = .zero
    ) -> Response {
        var fields = answer.fields
        fields[.date] = HTTPDate.imfFixdate(date ?? server.clock.now())
        if !answer.body.isEmpty {
            fields[.contentType] = answer.contentType
        }
        let bytes = answer.body
        let body: ResponseBody
        if dripPerByte > .zero {
            body = ResponseBody(contentLength: bytes.count) { writer in
                for byte in bytes {
                    try await Task.sleep(for: dripPerByte)
                    try await writer.write(ByteBuffer(bytes: [byte]))
                }
                try await writer.finish(nil)
            }
        } else {
            body = ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
        }
        return Response(status: HTTPResponse.Status(code: answer.status), headers: fields, body: body)
    }

    /// Whether the caller is on this machine.
    static func isLoopback(_ address: String?) -> Bool {
        guard let address else { return false }
        return address == "::1" || address.hasPrefix("127.") || address.hasPrefix("::ffff:127.")
    }

    private static var tooLarge: Answer {
        OAuthError("invalid_request", status: 413, "the body is too large or incomplete").answer
    }
}

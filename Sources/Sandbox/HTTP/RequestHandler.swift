import Grants
import Hummingbird
import HummingbirdCore

/// Carries requests to the endpoints and answers back, with what the faults do to either.
struct RequestHandler: Sendable {
    let server: AuthorizationServer
    let statistics: Statistics
    let exchanges: OpenExchanges
    let administration: Administration

    private static let maximumBody = 65_536
    /// Longer than any caller waits.
    private static let scriptedHang = Duration.seconds(60)
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
        if endpoint == .introspect || endpoint == .revoke, server.tokens.hasScripts {
            return try await serveScripted(request, at: endpoint)
        }
        let faults = server.board.faults(at: endpoint)
        if faults.hangs {
            try await hang(request, at: endpoint)
        }
        return try await respond(at: endpoint, faults) {
            await read(request, upTo: Self.maximumBody).map { server.answer($0, at: endpoint) }
        }
    }

    /// What a script says depends on the token, so here the body is read first.
    private func serveScripted(_ request: Request, at endpoint: SandboxEndpoint) async throws -> Response {
        let call = await read(request, upTo: Self.maximumBody)
        let scripted = call.flatMap { server.scriptedFaults($0, at: endpoint) }
        let all = server.board.faults
        let faults = scripted ?? (all.endpoints.contains(endpoint) ? all : SandboxFaults())
        if faults.hangs {
            statistics.hanging(endpoint, 1)
            defer { statistics.hanging(endpoint, -1) }
            try await exchanges.sleep(for: Self.scriptedHang)
            throw CancellationError()
        }
        return try await respond(at: endpoint, faults) {
            call.map { server.answer($0, at: endpoint, scripted: scripted) }
        }
    }

    /// Answers with what the faults make of it; nil from `answer`: there was no whole request.
    private func respond(
        at endpoint: SandboxEndpoint,
        _ faults: SandboxFaults,
        _ answer: () async -> Answer?
    ) async throws -> Response {
        if faults.latency > .zero {
            try await exchanges.sleep(for: faults.latency)
        }
        let date = server.clock.now() + faults.dateSkew
        var sent = faults.replacement(at: date)
        if sent == nil {
            sent = await answer().map(faults.spoiled)
        }
        let whole = sent ?? Self.tooLarge
        statistics.answered(endpoint, whole.status)
        return message(whole, date: date, dripPerByte: faults.dripPerByte)
    }

    /// Ends by an error only, and as soon as the caller hangs up or the server ends.
    private func hang(_ request: Request, at endpoint: SandboxEndpoint) async throws {
        statistics.hanging(endpoint, 1)
        defer { statistics.hanging(endpoint, -1) }
        try await request.body.consumeWithCancellationOnInboundClose { [exchanges] _ in
            while true {
                try await exchanges.sleep(for: .seconds(3_600))
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
            body = ResponseBody(contentLength: bytes.count) { [exchanges] writer in
                for byte in bytes {
                    try await exchanges.sleep(for: dripPerByte)
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

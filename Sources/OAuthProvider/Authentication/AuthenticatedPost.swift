internal import Grants
internal import HTTPTransport

extension Wire {
    /// Posts a form as a client; refused credentials are renewed once and the request repeated.
    ///
    /// A refusal that nothing could be done about comes back as the reply it was.
    func post(
        _ form: FormBody,
        to url: String,
        as credentials: any ClientCredentials
    ) async throws(CallFailure) -> Reply {
        let first = try await credentials.current()
        let reply = try await send(request(form, to: url, first))
        guard reply.refusesCredentials else { return reply }
        guard let second = try await credentials.renewed(after: first.generation) else { return reply }
        return try await send(request(form, to: url, second))
    }

    private func request(_ form: FormBody, to url: String, _ presentation: Presentation) -> HTTPRequest {
        var form = form
        for (name, value) in presentation.parameters { form.append(name, value) }
        var headers = presentation.headers
        headers.append(HTTPHeader(name: "Accept", value: "application/json"))
        headers.append(HTTPHeader(name: "Content-Type", value: FormBody.mediaType))
        return HTTPRequest(method: .post, url: url, headers: headers, body: form.bytes, timeout: timeout)
    }
}

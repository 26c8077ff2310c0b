internal import Grants
internal import HTTPTransport

extension Wire {
    /// Posts a form as a client; refused credentials are renewed once and the request repeated.
    ///
    /// A refusal that nothing could be done about comes back as the reply it was. `isIdempotent`: the form changes nothing
    /// at the server, and is sent again where a kept connection was closed under it.
    func post(
        _ form: FormBody,
        to url: String,
        as credentials: any ClientCredentials,
        isIdempotent: Bool
    ) async throws(CallFailure) -> Reply {
        let first = try await credentials.current()
        let post = AuthenticatedPost(to: url, as: first, timeout: timeout, isIdempotent: isIdempotent)
        return try await renewing(credentials, form, post, try await send(post.request(form)))
    }

    /// The reply to a form, or, where it refuses the credentials, to the form repeated with others.
    func renewing(
        _ credentials: any ClientCredentials,
        _ form: FormBody,
        _ post: AuthenticatedPost,
        _ reply: Reply
    ) async throws(CallFailure) -> Reply {
        guard reply.refusesCredentials else { return reply }
        guard let second = try await credentials.renewed(after: post.presentation.generation) else { return reply }
        return try await send(post.renewed(as: second).request(form))
    }
}

/// What the requests of one client to one endpoint have in common.
struct AuthenticatedPost: Sendable {
    let url: String
    let presentation: Presentation
    private let headers: [HTTPHeader]
    private let timeout: Duration
    private let isIdempotent: Bool

    init(to url: String, as presentation: Presentation, timeout: Duration, isIdempotent: Bool) {
        self.url = url
        self.presentation = presentation
        self.timeout = timeout
        self.isIdempotent = isIdempotent
        headers =
            presentation.headers + [
                HTTPHeader(name: "Accept", value: "application/json"),
                HTTPHeader(name: "Content-Type", value: FormBody.mediaType),
            ]
    }

    /// The same of another presentation.
    func renewed(as presentation: Presentation) -> AuthenticatedPost {
        AuthenticatedPost(to: url, as: presentation, timeout: timeout, isIdempotent: isIdempotent)
    }

    func request(_ form: FormBody) -> HTTPRequest {
        var form = form
        for (name, value) in presentation.parameters { form.append(name, value) }
        return HTTPRequest(
            method: .post,
            url: url,
            headers: headers,
            body: form.bytes,
            timeout: timeout,
            isIdempotent: isIdempotent
        )
    }
}

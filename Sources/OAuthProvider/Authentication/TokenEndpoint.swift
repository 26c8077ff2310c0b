internal import Grants
internal import HTTPTransport
internal import Records

/// Asks for access tokens by client credentials (RFC 6749 §4.4).
struct TokenEndpoint: Sendable {
    /// A token with how long it lives; nil: the server did not say.
    struct Issued: Sendable {
        var token: Secret
        var lifetime: Duration?
    }

    let endpoints: Endpoints
    let wire: Wire

    /// A new access token; `audience` is the parameter that several servers take beside the RFC's `scope`.
    func obtain(
        scope: String?,
        audience: String?,
        as credentials: any ClientCredentials
    ) async throws(CallFailure) -> Issued {
        let url = try await endpoints.required(.token)
        var form = FormBody()
        form.append("grant_type", "client_credentials")
        if let scope { form.append("scope", scope) }
        if let audience { form.append("audience", audience) }
        return try Self.token(in: try await wire.post(form, to: url, as: credentials, isIdempotent: true))
    }

    /// The token of a successful response (RFC 6749 §5.1).
    private static func token(in reply: Reply) throws(CallFailure) -> Issued {
        if var failure = reply.statusFailure {
            if let error = OAuthError(reply.response.body) {
                failure.detail += ", \(error.rawValue)"
                if error == .invalidClient { failure.reason = .credentials }
            }
            throw failure
        }
        let object: JSONObject
        do {
            object = try JSONObject(parsing: reply.response.body)
        } catch {
            let type = MediaType(of: reply.response).words
            throw reply.failure(.notJSON, "the token response is not a JSON object: \(error.place)\(type)")
        }
        guard let token = object["access_token"]?.stringValue, !token.isEmpty else {
            throw reply.failure(.request, "the token response holds no access_token")
        }
        if let type = object["token_type"]?.stringValue, type.lowercased() != "bearer" {
            throw reply.failure(.request, "the token response holds a token of another type than Bearer")
        }
        // RFC 6749 §5.1: in seconds; recommended, not required.
        let lifetime = object["expires_in"]?.int64Value.flatMap { $0 > 0 ? Duration.seconds(min($0, 86_400)) : nil }
        return Issued(token: Secret(token), lifetime: lifetime)
    }
}

import FoundationEssentials
import Grants

extension AuthorizationServer {
    /// The client that a request comes from (RFC 6749 §2.3.1), or whose access token it bears (RFC 7662
    /// §2.1).
    func authenticate(
        _ call: Call,
        _ form: FormParameters,
        takesBearer: Bool
    ) throws(OAuthError) -> SandboxClient {
        guard let authorization = call.authorization else {
            guard let id = form["client_id"], let secret = form["client_secret"] else {
                throw OAuthError("invalid_client", status: 401, challenge: Self.basicChallenge)
            }
            return try client(id, secret)
        }
        guard form["client_secret"] == nil else {
            throw OAuthError("invalid_request", "the client authenticates in two ways at once")
        }
        let parts = authorization.split(separator: " ", maxSplits: 1)
        guard parts.count == 2 else { throw Self.invalidClient }
        switch parts[0].lowercased() {
        case "basic":
            return try basic(String(parts[1]))
        case "bearer" where takesBearer:
            return try bearer(Secret(String(parts[1])))
        default:
            throw Self.invalidClient
        }
    }

    /// Id and secret were form-encoded apart before they were joined (RFC 6749 §2.3.1).
    private func basic(_ encoded: String) throws(OAuthError) -> SandboxClient {
        guard let joined = Data(base64Encoded: encoded), let colon = joined.firstIndex(of: UInt8(ascii: ":")),
            let id = FormParameters.decode(joined[..<colon]),
            let secret = FormParameters.decode(joined[joined.index(after: colon)...])
        else { throw Self.invalidClient }
        return try client(id, secret)
    }

    private func bearer(_ token: Secret) throws(OAuthError) -> SandboxClient {
        guard let fact = tokens.fact(of: token, at: clock.now()), fact.isActive, fact.kind == .accessToken,
            let client = clients[fact.client]
        else {
            throw OAuthError(
                "invalid_token",
                status: 401,
                challenge: "Bearer realm=\"sandbox\", error=\"invalid_token\""
            )
        }
        return client
    }

    private func client(_ id: String, _ secret: String) throws(OAuthError) -> SandboxClient {
        guard let client = clients[ClientID(id)], client.secret == Secret(secret) else {
            throw Self.invalidClient
        }
        return client
    }

    private static let basicChallenge = "Basic realm=\"sandbox\""

    private static var invalidClient: OAuthError {
        OAuthError("invalid_client", status: 401, "unknown client or wrong secret", challenge: basicChallenge)
    }
}

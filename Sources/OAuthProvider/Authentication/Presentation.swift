internal import Grants
internal import HTTPTransport

/// What a request carries to show who asks.
struct Presentation: Sendable {
    /// Counts up with each renewal, so that one refusal renews once however many requests met it.
    var generation: Int
    var headers: [HTTPHeader] = []
    /// What goes into the body beside the request's own parameters.
    var parameters: [(name: String, value: Secret)] = []
}

extension Presentation {
    /// The client's id and secret in the form asked for (RFC 6749 §2.3.1); never two at once (§5.2).
    init(
        _ client: ClientID,
        secret: Secret,
        authentication: ClientAuthentication,
        generation: Int
    ) throws(CallFailure) {
        self.init(generation: generation)
        switch authentication {
        case .clientSecretBasic:
            headers = [BasicCredentials.header(client, secret: secret)]
        case .clientSecretBasicRaw:
            // RFC 7617 §2: the first colon ends the name.
            guard !client.rawValue.contains(":") else {
                throw CallFailure(
                    .credentials,
                    "the id of client '\(client)' holds ':', which client_secret_basic_raw cannot carry; "
                        + "use client_secret_basic or client_secret_post"
                )
            }
            headers = [BasicCredentials.rawHeader(client, secret: secret)]
        case .clientSecretPost:
            parameters = [("client_id", Secret(client.rawValue)), ("client_secret", secret)]
        case .bearer:
            headers = [try Self.bearer(secret, of: client)]
        }
    }

    /// `Authorization: Bearer` (RFC 6750 §2.1).
    static func bearer(_ token: Secret, of client: ClientID) throws(CallFailure) -> HTTPHeader {
        guard token.bytes.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw CallFailure(
                .credentials,
                "the bearer token of client '\(client)' holds a blank, a control or a non-ASCII character"
            )
        }
        return HTTPHeader(
            name: "Authorization",
            value: "Bearer " + String(decoding: token.bytes, as: UTF8.self)
        )
    }
}

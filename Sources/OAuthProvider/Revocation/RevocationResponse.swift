internal import Grants
internal import HTTPTransport

/// Reads what a response says about a revocation (RFC 7009 §2.2); proof is another question's matter.
enum RevocationResponse {
    static func answer(_ reply: Reply) -> RevocationAnswer {
        let error = reply.status >= 400 ? OAuthError(reply.response.body) : nil
        // Bodies of errors are shown only as far as they are words of the RFCs.
        let said = "status \(reply.status)" + (error.map { ", \($0.rawValue)" } ?? "")
        switch (reply.status, error) {
        // 204 is not the RFC's, and cannot mean anything else.
        case (200...299, _):
            // RFC 7009 knows 200 alone; 201, 202 and 204 are what servers say beside it, and no refusal.
            return .accepted
        case (400, .invalidGrant?), (400, .invalidToken?):
            // Google says so of a token that is revoked already, RFC 6749 §5.2 of one that was issued to another client.
            return .refused(
                why: "invalid-grant",
                detail: "the server does not know the token as this client's (\(said)): it is revoked already, or was "
                    + "issued to another client"
            )
        case (400, .unsupportedTokenType?):
            return .refused(
                why: "unsupported-token-type",
                detail:
                    "the server does not revoke tokens of this kind (\(said)); adjust capabilities.revokes"
            )
        case (401, _), (400, .invalidClient?):
            return .refused(
                why: "credentials",
                detail: "the server refused the client's credentials (\(said))"
            )
        case (403, _), (400, .unauthorizedClient?):
            return .refused(
                why: "wrong-client",
                detail: "the server does not let this client revoke the token (\(said)); "
                    + "give the credentials of the client that holds the grant"
            )
        case (300...399, _):
            return .refused(why: "request", detail: "the server redirects (\(said)); configure the final URL")
        default:
            guard let failure = reply.statusFailure, failure.reason != .request else {
                return .refused(why: "request", detail: "the server refused the request (\(said))")
            }
            return failed(failure)
        }
    }

    static func failed(_ failure: CallFailure) -> RevocationAnswer {
        // Credentials do not mend themselves: a person is needed.
        failure.reason == .credentials
            ? .refused(why: "credentials", detail: failure.detail)
            : .failed(failure.reason, detail: failure.detail, retryAfter: failure.retryAfter)
    }
}

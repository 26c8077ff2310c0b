internal import Grants
internal import HTTPTransport
internal import Records

/// Reads what a response says about a token (RFC 7662 §2.2).
///
/// Only a 200 with a strict JSON object whose `active` is a JSON boolean says anything, whatever its content type;
/// whatever else comes is unknown, with its reason.
enum IntrospectionResponse {
    static func answer(_ reply: Reply, about kind: TokenKind) -> IntrospectionAnswer {
        if reply.refusesCredentials {
            return unknown(
                reply.failure(.credentials, "the server refused our credentials (status \(reply.status))")
            )
        }
        if let failure = reply.statusFailure { return unknown(failure) }
        do {
            let content = try JSONScanner.scan(bytes: reply.response.body) { (scanner) throws(RecordError) in
                try IntrospectionContent(&scanner)
            }
            switch content.active {
            case true?:
                if kind == .accessToken, let end = content.facts.expiresAt, isOver(end, reply) {
                    return unknown(
                        reply.failure(
                            .contradiction,
                            "the answer contradicts itself: the token is active, and its 'exp' was at \(end)"
                        )
                    )
                }
                return IntrospectionAnswer(.active(content.facts), serverDate: reply.serverDate)
            case false?: return IntrospectionAnswer(.inactive, serverDate: reply.serverDate)
            case nil:
                return unknown(reply.failure(.notABoolean, "the answer's 'active' is not true or false"))
            }
        } catch {
            let type = MediaType(of: reply.response).words
            return unknown(reply.failure(.notJSON, "the answer is not a JSON object: \(error.place)\(type)"))
        }
    }

    /// Whether an `exp` was past when the answer was given, by the server's own clock where it tells the time.
    ///
    /// Of an access token only: Doorkeeper and others tell the access token's `exp` when asked about a refresh token.
    private static func isOver(_ end: Timestamp, _ reply: Reply) -> Bool {
        end + OAuthProvider.tolerableSkew < reply.serverDate ?? reply.receivedAt
    }

    static func unknown(_ failure: CallFailure) -> IntrospectionAnswer {
        var answer = IntrospectionAnswer(
            .unknown(failure.reason),
            serverDate: failure.serverDate,
            retryAfter: failure.retryAfter,
            detail: failure.detail
        )
        answer.wasSent = failure.wasSent
        return answer
    }
}

internal import Grants
internal import HTTPTransport
internal import Records

/// Reads what a response says about a token (RFC 7662 §2.2).
///
/// Only a 200 with a strict JSON object whose `active` is a JSON boolean says anything; whatever else comes
/// is unknown, with its reason.
enum IntrospectionResponse {
    static func answer(_ reply: Reply) -> IntrospectionAnswer {
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
            case true?: return IntrospectionAnswer(.active(content.facts), serverDate: reply.serverDate)
            case false?: return IntrospectionAnswer(.inactive, serverDate: reply.serverDate)
            case nil:
                return unknown(reply.failure(.notABoolean, "the answer's 'active' is not true or false"))
            }
        } catch {
            return unknown(reply.failure(.notJSON, "the answer is not a JSON object: \(error.place)"))
        }
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

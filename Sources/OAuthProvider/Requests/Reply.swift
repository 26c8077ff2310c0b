internal import Grants
internal import HTTPTransport

/// A response with what its headers say to every kind of call.
struct Reply: Sendable {
    let response: HTTPResponse
    /// By our clock.
    let receivedAt: Timestamp
    /// From `Date` (RFC 9110 §6.6.1); nil where there is none that can be read, or where a cache answered.
    let serverDate: Timestamp?
    /// From `Retry-After`, clamped; only of an error.
    let retryAfter: Duration?

    init(_ response: HTTPResponse, now: Timestamp, _ dates: DateMemory) {
        self.response = response
        receivedAt = now
        let serverDate = response.header("Date").flatMap { dates.date($0, now: now, of: response) }
        self.serverDate = serverDate
        retryAfter =
            response.status < 400
            ? nil
            : response.header("Retry-After").flatMap {
                RetryAfter.parse($0, serverDate: serverDate, now: now)
            }
    }

    var status: Int { response.status }

    /// 429 (RFC 6585 §4) and 503 (RFC 9110 §15.6.4) are the ones whose `Retry-After` is about us.
    var asksForPatience: Bool { status == 429 || status == 503 }

    /// A failure that tells of this response.
    func failure(_ reason: UnknownReason, _ detail: String) -> CallFailure {
        CallFailure(reason, detail, retryAfter: retryAfter, serverDate: serverDate)
    }

    /// What every status but 200 says, whatever was asked; nil for 200.
    var statusFailure: CallFailure? {
        switch status {
        case 200:
            nil
        case 201...299:
            failure(.notJSON, "the server answered with status \(status) where only 200 carries an answer")
        case 300...399:
            failure(.redirect, "the server redirects (status \(status)); configure the endpoint's final URL")
        case 401:
            failure(.credentials, "the server refused our credentials (status 401)")
        case 403:
            failure(.forbidden, "the server forbids us to ask (status 403); our client may lack a permission")
        case 429:
            failure(.rateLimited, "the server asks for fewer requests (status 429)")
        case 408, 425, 500...:
            failure(.serverError, "the server failed (status \(status))")
        case 400...499:
            failure(.request, "the server refused the request (status \(status)); check endpoint and client")
        default:
            // RFC 9110 §15: a status outside of 100–599 is taken for a server's failure.
            failure(.serverError, "the server answered with an invalid status \(status)")
        }
    }

    /// Whether the client's credentials were refused: 401, or 400 with `invalid_client` (RFC 6749 §5.2).
    var refusesCredentials: Bool {
        status == 401 || (status == 400 && OAuthError(response.body) == .invalidClient)
    }
}

internal import Grants
internal import HTTPTransport

/// Why there is no answer to what was asked; never holds a secret.
struct CallFailure: Error, Hashable, Sendable {
    var reason: UnknownReason
    /// A sentence for people.
    var detail: String
    var retryAfter: Duration?
    var serverDate: Timestamp?
    /// False: the server has not heard of it.
    var wasSent = true

    init(_ reason: UnknownReason, _ detail: String, retryAfter: Duration? = nil, serverDate: Timestamp? = nil) {
        self.reason = reason
        self.detail = detail
        self.retryAfter = retryAfter
        self.serverDate = serverDate
    }

    static let cancelled = CallFailure(.network, "the request was cancelled before an answer came")

    /// What a transport's failure is to us: nothing it says is about a token.
    init(_ failure: HTTPFailure) {
        let reason: UnknownReason =
            switch failure.code {
            case .timeout: .timeout
            case .bodyTooLarge: .tooLarge
            // No memory, no thread, no descriptor for libcurl: the server has nothing to do with it.
            case .other: .ownFailure
            default: .network
            }
        self.init(reason, failure.description + (failure.hint.map { "; \($0)" } ?? ""))
    }

    /// The failure with what was attempted in front.
    func during(_ attempt: String) -> CallFailure {
        var failure = self
        failure.detail = "\(attempt): \(detail)"
        return failure
    }
}

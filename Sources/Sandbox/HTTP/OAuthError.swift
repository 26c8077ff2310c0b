import Hummingbird
import Records

/// An error answer of the protocol endpoints (RFC 6749 §5.2).
struct OAuthError: Error {
    var code: String
    var status: Int
    /// For people; never a value from the request.
    var description: String?
    /// `WWW-Authenticate`.
    var challenge: String?

    init(_ code: String, status: Int = 400, _ description: String? = nil, challenge: String? = nil) {
        self.code = code
        self.status = status
        self.description = description
        self.challenge = challenge
    }

    var answer: Answer {
        var answer = Answer.json(status: status) { writer in
            writer.member("error", code)
            if let description {
                writer.member("error_description", description)
            }
        }
        answer.fields[.wwwAuthenticate] = challenge
        return answer
    }
}

import Hummingbird
import Records

/// What one request is answered with, before it becomes a message.
struct Answer: Sendable {
    var status: Int
    /// Beside `Date`, `Content-Type` and what frames the message.
    var fields = HTTPFields()
    var contentType = "application/json"
    var body: [UInt8]

    /// A JSON object whose members `write` writes; it must not be kept, because it may hold tokens (RFC 6749
    /// §5.1).
    static func json(status: Int = 200, _ write: (inout JSONWriter) -> Void) -> Answer {
        var writer = JSONWriter()
        writer.object { write(&$0) }
        writer.newline()
        var answer = Answer(status: status, body: writer.bytes)
        answer.fields[.cacheControl] = "no-store"
        return answer
    }

    /// 405 (RFC 9110 §15.5.6).
    static func methodNotAllowed(_ allowed: String) -> Answer {
        var answer = OAuthError("invalid_request", status: 405, "only \(allowed) is served here").answer
        answer.fields[.allow] = allowed
        return answer
    }
}

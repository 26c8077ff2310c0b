import Grants
import Hummingbird

extension SandboxFaults {
    /// The answer that is given in place of doing anything; nil: the request is served.
    func replacement(at date: Timestamp) -> Answer? {
        if html {
            return Answer(
                status: 200,
                contentType: "text/html; charset=utf-8",
                body: Array("<!DOCTYPE html><title>Sign in</title><p>Please sign in to continue.</p>\n".utf8)
            )
        }
        let field = retryAfterField(at: date)
        // A retry_after that is there for the revocations must not stop everything else.
        let isMeantAlone = field != nil && revocation != .unavailable
        guard let status = status ?? (isMeantAlone ? 429 : nil) else { return nil }
        var answer = OAuthError(Self.code(of: status), status: status).answer
        answer.fields[.retryAfter] = field
        switch status {
        case 300..<400: answer.fields[.location] = "/sandbox/moved"
        case 401: answer.fields[.wwwAuthenticate] = "Basic realm=\"sandbox\""
        default: break
        }
        return answer
    }

    /// The answer as it leaves, with what is wrong with its body.
    func spoiled(_ answer: Answer) -> Answer {
        var answer = answer
        if tooLarge {
            // Before the closing brace, so that only the size is wrong.
            let padding =
                Array(",\"x_padding\":\"".utf8) + Array(repeating: UInt8(ascii: "."), count: 1 << 20)
            let end = answer.body.lastIndex(of: UInt8(ascii: "}")) ?? answer.body.endIndex
            answer.body.insert(contentsOf: padding + [UInt8(ascii: "\"")], at: end)
        }
        if truncatedJSON {
            answer.body.removeLast(answer.body.count - answer.body.count / 2)
        }
        if byteOrderMark {
            answer.body.insert(contentsOf: [0xEF, 0xBB, 0xBF], at: 0)
        }
        return answer
    }

    /// `Retry-After` as it is sent at that date.
    func retryAfterField(at date: Timestamp) -> String? {
        guard let retryAfterForm else { return retryAfter }
        let seconds = retryAfter.flatMap { Int64($0) }.map { min(max($0, 0), 315_360_000) } ?? 5
        let until = date + .seconds(seconds)
        return switch retryAfterForm {
        case .seconds: String(seconds)
        case .imf: HTTPDate.imfFixdate(until)
        case .rfc850: HTTPDate.rfc850(until)
        case .asctime: HTTPDate.asctime(until)
        case .huge: "99999999999999999999"
        case .negative: "-\(max(seconds, 1))"
        case .garbage: "in a moment"
        }
    }

    private static func code(of status: Int) -> String {
        switch status {
        case 401: "invalid_client"
        case 403: "access_denied"
        case 429, 503: "temporarily_unavailable"
        case 400..<500: "invalid_request"
        default: "server_error"
        }
    }
}

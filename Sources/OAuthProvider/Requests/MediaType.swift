internal import HTTPTransport

/// What a response's `Content-Type` says about its body (RFC 9110 §8.3); only for words.
///
/// Servers send JSON as `text/plain` or `text/html`: whether a body is JSON, its bytes tell.
enum MediaType {
    case json
    /// A signed introspection response (RFC 9701 §5).
    case signed
    case other
    /// The server does not say.
    case missing

    init(of response: HTTPResponse) {
        guard let header = response.header("Content-Type") else {
            self = .missing
            return
        }
        let essence = header.prefix { $0 != ";" }.lowercased().trimmingBlanks
        let isJSON =
            essence == "application/json" || essence == "text/json"
            || (essence.hasPrefix("application/") && essence.hasSuffix("+json"))
        self = isJSON ? .json : essence == "application/token-introspection+jwt" ? .signed : .other
    }

    /// What there is to add, where the body is not JSON; begins with a comma.
    var words: String {
        switch self {
        case .json, .missing: ""
        case .signed: ", but a signed answer (RFC 9701), which is not read"
        case .other: ", nor does its Content-Type say that it is JSON"
        }
    }
}

internal import HTTPTransport

/// What a response's `Content-Type` says about its body (RFC 9110 §8.3).
enum MediaType {
    case json
    /// A signed introspection response (RFC 9701 §5), or any other type.
    case other
    /// The server does not say; the bytes must tell.
    case missing

    init(of response: HTTPResponse) {
        guard let header = response.header("Content-Type") else {
            self = .missing
            return
        }
        if header == "application/json" {
            self = .json
            return
        }
        let essence = header.prefix { $0 != ";" }.lowercased().trimmingBlanks
        let isJSON =
            essence == "application/json" || essence == "text/json"
            || (essence.hasPrefix("application/") && essence.hasSuffix("+json"))
        self = isJSON ? .json : .other
    }
}

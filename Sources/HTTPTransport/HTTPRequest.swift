/// One request, as the caller means it.
///
/// Headers, body and the path may hold secrets: neither description nor mirror shows them.
package struct HTTPRequest: Hashable, Sendable {
    package var method: HTTPMethod
    /// An absolute `https` URL without user name and fragment; `http` only as far as the transport allows it.
    package var url: String
    /// What the caller adds; the transport frames the message itself (`Host`, `Content-Length` and the like).
    package var headers: [HTTPHeader]
    /// `nil` sends no body; a `GET` has none.
    package var body: [UInt8]?
    /// From the call of `send` to the last byte of the response, waiting for a connection included.
    package var timeout: Duration
    /// Whether sending it twice does no more than sending it once (RFC 9110 §9.2.2).
    ///
    /// The response to such a request is read for what it says, and a content coding of it is undone.
    package var isIdempotent: Bool
    /// Sent over a connection of its own, not over one that was kept.
    package var usesNewConnection = false

    /// A request; `isIdempotent` nil: it is if it is a `GET`.
    package init(
        method: HTTPMethod,
        url: String,
        headers: [HTTPHeader] = [],
        body: [UInt8]? = nil,
        timeout: Duration = .seconds(10),
        isIdempotent: Bool? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.isIdempotent = isIdempotent ?? (method == .get)
    }
}

extension HTTPRequest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String {
        "\(method.rawValue) \(origin) (\(headers.count) headers, \(body?.count ?? 0) bytes)"
    }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: ["method": method.rawValue, "origin": origin]) }

    /// Scheme and host only: a path can name a token, a query can hold one, and a user name comes with a password.
    private var origin: String {
        var rest = Substring(url)
        var scheme = ""
        if let separator = url.firstRange(of: "://") {
            scheme = String(url[..<separator.upperBound])
            rest = url[separator.upperBound...]
        }
        let authority = rest.prefix { !"/?#\\".contains($0) }
        return scheme + (authority.split(separator: "@", omittingEmptySubsequences: false).last ?? "")
    }
}

import HTTPTransport

/// A request that has passed every check: nothing of it can change the framing of the message.
struct CheckedRequest: Sendable {
    let head: Head
    let body: [UInt8]?
    let deadline: ContinuousClock.Instant
    let isIdempotent: Bool
    let usesNewConnection: Bool

    /// All but the body and the time; shared by requests that follow one another.
    final class Head: Sendable {
        let method: HTTPMethod
        let url: String
        let address: RequestAddress
        /// As the caller gave them.
        fileprivate let headers: [HTTPHeader]
        /// Header lines in the form that libcurl wants.
        let headerLines: [String]

        fileprivate init(_ request: HTTPRequest, _ address: RequestAddress, _ headerLines: [String]) {
            method = request.method
            url = request.url
            headers = request.headers
            self.address = address
            self.headerLines = headerLines
        }
    }

    var method: HTTPMethod { head.method }
    var address: RequestAddress { head.address }

    /// - Throws: `.invalidURL`, `.insecureURL` or `.invalidRequest`, before anything is sent.
    init(_ request: HTTPRequest, options: CurlTransport.Options) throws(HTTPFailure) {
        try self.init(request, Self.head(of: request, options))
    }

    /// A request that follows another one, whose checks count for it too where only the body differs.
    init(
        _ request: HTTPRequest,
        after previous: CheckedRequest,
        options: CurlTransport.Options
    ) throws(HTTPFailure) {
        let known = previous.head
        let isAlike =
            request.method == known.method && request.url == known.url && request.headers == known.headers
        try self.init(request, isAlike ? known : Self.head(of: request, options))
    }

    private init(_ request: HTTPRequest, _ head: Head) throws(HTTPFailure) {
        guard request.method != .get || request.body == nil else {
            throw HTTPFailure(
                .invalidRequest,
                operation: request.method.rawValue,
                host: head.address.host,
                message: "a GET has no body"
            )
        }
        self.head = head
        body = request.body
        isIdempotent = request.isIdempotent
        usesNewConnection = request.usesNewConnection
        deadline = .now + min(max(request.timeout, .zero), .seconds(86_400))
    }

    private static func head(
        of request: HTTPRequest,
        _ options: CurlTransport.Options
    ) throws(HTTPFailure) -> Head {
        let operation = request.method.rawValue
        let address: RequestAddress
        do {
            address = try RequestAddress(request.url)
        } catch {
            throw HTTPFailure(.invalidURL, operation: operation, host: "", message: error.message, hint: error.hint)
        }
        guard address.isSecure || address.isLoopback || options.allowInsecureHTTP.contains(address.host) else {
            throw HTTPFailure(
                .insecureURL,
                operation: operation,
                host: address.host,
                message: "http is for loopback addresses only",
                hint: "use https, or permit this host by allow_insecure_http"
            )
        }
        func refused(_ message: String, hint: String? = nil) -> HTTPFailure {
            HTTPFailure(.invalidRequest, operation: operation, host: address.host, message: message, hint: hint)
        }
        var lines = ownLines
        var hasContentType = false
        for header in request.headers {
            guard HeaderSyntax.isName(header.name) else { throw refused("a header's name is not a token of RFC 9110") }
            guard HeaderSyntax.isValue(header.value) else {
                // The name has just been found harmless; the value may be a secret.
                throw refused("the value of header '\(header.name)' holds a control or non-ASCII character")
            }
            let name = header.name.lowercased()
            guard !HeaderSyntax.ownedByTransport.contains(name) else {
                throw refused("header '\(header.name)' is the transport's own")
            }
            hasContentType = hasContentType || name == "content-type"
            // "Name:" would tell libcurl to drop the header; "Name;" sends it empty.
            let isEmpty = header.value.utf8.allSatisfy { $0 == 0x20 || $0 == 0x09 }
            lines.append(isEmpty ? "\(header.name);" : "\(header.name): \(header.value)")
        }
        // libcurl would call any body a form.
        if !hasContentType { lines.append("Content-Type:") }
        return Head(request, address, lines)
    }

    /// What keeps libcurl from adding lines of its own.
    ///
    /// No `Expect: 100-continue`: a server that does not know it costs a second. No `Accept-Encoding`: codings are undone
    /// where a server uses one unasked, and none is asked for.
    private static let ownLines = ["Expect:", "Accept-Encoding:"]
}

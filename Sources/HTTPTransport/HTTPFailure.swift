/// Why there is no response.
///
/// No member holds anything of the request but its method and host.
package struct HTTPFailure: Error, Hashable, Sendable {
    /// What went wrong, for decisions; new codes can be added.
    package struct Code: Hashable, Sendable, CustomStringConvertible {
        /// A stable word for metrics and audit entries.
        package let description: String

        /// The URL is not an absolute URL of the permitted form.
        package static let invalidURL = Code(description: "invalid-url")
        /// A header or the body is not what may be sent.
        package static let invalidRequest = Code(description: "invalid-request")
        /// The URL is neither `https` nor `http` to a permitted host.
        package static let insecureURL = Code(description: "insecure-url")
        /// The name of the host or the proxy has no address.
        package static let resolve = Code(description: "resolve")
        /// No connection came about.
        package static let connect = Code(description: "connect")
        /// The connection broke off before the response was complete.
        package static let connectionLost = Code(description: "connection-lost")
        /// TLS failed: a certificate, a name, a version, or one of our own files.
        package static let tls = Code(description: "tls")
        /// The time for connecting or for the whole request is over.
        package static let timeout = Code(description: "timeout")
        /// The response's body is longer than permitted.
        package static let bodyTooLarge = Code(description: "body-too-large")
        /// What came is not HTTP, or its header block is longer than permitted.
        package static let protocolError = Code(description: "protocol-error")
        /// The awaiting task was cancelled.
        package static let cancelled = Code(description: "cancelled")
        /// The transport was shut down.
        package static let shutDown = Code(description: "shut-down")
        /// Anything else, out of memory included.
        package static let other = Code(description: "other")
    }

    package var code: Code
    /// What was tried, such as `POST`.
    package var operation: String
    /// The host concerned; empty when the URL does not tell or no host is concerned.
    package var host: String
    /// A sentence without a secret.
    package var message: String
    /// What a person could do about it.
    package var hint: String?
    /// Whether the same request may well succeed later with nothing changed by a person.
    package var isTransient: Bool
    /// Whether the request may well be answered if it is sent again at once over a new connection: the server closed a
    /// kept one under it, or has shown that it says the wrong thing of its content codings.
    package var isWorthRepeating = false

    /// A failure; `isTransient` follows from the code unless it is given.
    package init(
        _ code: Code,
        operation: String,
        host: String,
        message: String,
        hint: String? = nil,
        isTransient: Bool? = nil
    ) {
        self.code = code
        self.operation = operation
        self.host = host
        self.message = message
        self.hint = hint
        self.isTransient = isTransient ?? Self.transientCodes.contains(code)
    }

    private static let transientCodes: Set<Code> = [.resolve, .connect, .connectionLost, .timeout, .protocolError]
}

extension HTTPFailure: CustomStringConvertible {
    package var description: String {
        host.isEmpty ? "\(operation): \(message)" : "\(operation) to '\(host)': \(message)"
    }
}

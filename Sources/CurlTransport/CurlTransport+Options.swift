extension CurlTransport {
    /// What holds for all requests of one transport.
    package struct Options: Hashable, Sendable {
        /// The longest body of a response; a longer one is `.bodyTooLarge`.
        package var maximumBodyBytes = 65_536
        /// The longest header block of a response, interim responses included; a longer one is `.protocolError`.
        package var maximumHeaderBytes = 65_536
        /// For name resolution, connection and TLS handshake together; never longer than the request's own time.
        package var connectTimeout = Duration.seconds(5)
        /// Connections to one host and port, and requests at once to it as long as it speaks HTTP/1.1.
        package var maximumConnectionsPerHost = 16
        /// Requests at once to one host and port that speaks HTTP/2.
        package var maximumStreamsPerHost = 100
        /// A PEM file with the authorities to trust **instead of** the system's; `nil` trusts the system's.
        package var caFile: String?
        /// A PEM file with the client certificate for mutual TLS; `nil` shows none.
        package var clientCertificate: String?
        /// A PEM file with the unencrypted key of ``clientCertificate``; `nil` looks in that file.
        package var clientKey: String?
        /// The proxy, as `http://host:port`; `nil` for none.
        ///
        /// Loopback hosts are always reached directly. The environment is not asked.
        package var proxy: String?
        package var userAgent = "grantkeeper"
        /// Host names, in lower case and without port, that `http` may go to; loopback hosts need not be named.
        package var allowInsecureHTTP: Set<String> = []

        package init() {}
    }
}

extension CurlTransport.Options: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    // The proxy's URL can hold a password.
    package var description: String { "CurlTransport.Options" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

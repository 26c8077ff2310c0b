import Glibc
import HTTPTransport

extension CurlTransport.Options {
    /// Finds at the start what would otherwise fail each request.
    func check() throws(HTTPFailure) {
        for (file, purpose) in [
            (caFile, "authorities"), (clientCertificate, "client certificate"), (clientKey, "client key"),
        ] {
            guard let file, unsafe access(file, R_OK) != 0 else { continue }
            throw HTTPFailure(
                .tls,
                operation: "setup",
                host: "",
                message: "cannot read the file '\(file)' with the \(purpose)",
                hint: "check its path and that the service's user may read it"
            )
        }
        precondition(
            maximumConnectionsPerHost > 0 && maximumStreamsPerHost > 0 && maximumBodyBytes > 0
                && maximumHeaderBytes > 0,
            "every limit of the transport is at least 1"
        )
        guard HeaderSyntax.isValue(userAgent) else {
            throw HTTPFailure(
                .invalidRequest,
                operation: "setup",
                host: "",
                message: "the user agent holds a control or non-ASCII character"
            )
        }
        guard let proxy else { return }
        // A proxy's URL may hold a password, so nothing of it is quoted.
        var url = proxy
        if let at = proxy.lastIndex(of: "@"), let scheme = proxy.firstRange(of: "://"), scheme.upperBound < at {
            url = String(proxy[..<scheme.upperBound] + proxy[proxy.index(after: at)...])
        }
        do {
            _ = try RequestAddress(url)
        } catch {
            throw HTTPFailure(
                .invalidURL,
                operation: "setup",
                host: "",
                message: "the proxy is not a URL of the form http://host:port",
                hint: error.hint
            )
        }
    }
}

/// Whether a URL is one that tokens and credentials may be sent to.
enum EndpointURL {
    /// nil if it is; else what is wrong with it, not quoting it.
    ///
    /// `https` everywhere; `http` to loopback or where the configuration allows it (RFC 7009 §2). The
    /// transport checks the whole grammar again.
    static func objection(to url: String, allowsInsecureHTTP: Bool) -> String? {
        guard url.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), url.utf8.count <= 4_096 else {
            return "it holds a blank, a control or a non-ASCII character, or is longer than 4096 bytes"
        }
        let lowercased = url.lowercased()
        let isSecure = lowercased.hasPrefix("https://")
        guard isSecure || lowercased.hasPrefix("http://") else { return "it does not begin with https://" }
        let authority = lowercased.dropFirst(isSecure ? 8 : 7).prefix { !"/?#\\".contains($0) }
        if authority.isEmpty { return "it has no host" }
        if authority.contains("@") { return "it holds a user name or password" }
        if url.contains("#") { return "it has a fragment" }
        if isSecure || allowsInsecureHTTP || isLoopback(authority) { return nil }
        return "it is http to a host other than loopback; use https, or set allow_insecure_http"
    }

    /// nil if an endpoint that the issuer's metadata names may be used; else why not, not quoting it.
    ///
    /// Metadata says where our secret and all tokens go: `https` on the issuer's own host, or on one that the
    /// configuration names (`hosts`, in lower case). `http` only on the host of an issuer that is itself reached by http,
    /// which is loopback unless the configuration allows more.
    static func objection(
        toDiscovered url: String,
        issuer: String,
        hosts: [String],
        allowsInsecureHTTP: Bool
    ) -> String? {
        if let objection = objection(to: url, allowsInsecureHTTP: allowsInsecureHTTP) { return objection }
        guard let host = host(of: url), let home = Self.host(of: issuer) else { return "it has no host" }
        guard url.lowercased().hasPrefix("https://") else {
            guard issuer.lowercased().hasPrefix("http://") else { return "it is http, and the issuer is https" }
            return host == home ? nil : "it is http to a host other than the issuer's"
        }
        return host == home || hosts.contains(host)
            ? nil : "its host is neither the issuer's nor one of endpoint_hosts"
    }

    /// The host of a URL in lower case, in brackets where it is an IPv6 address; nil: there is none.
    static func host(of url: String) -> String? {
        guard let start = url.firstRange(of: "://")?.upperBound else { return nil }
        let authority = url[start...].prefix { !"/?#\\".contains($0) }
        let host = authority.hasPrefix("[") ? authority.prefix { $0 != "]" } + "]" : authority.prefix { $0 != ":" }
        return host.isEmpty ? nil : host.lowercased()
    }

    /// 127.0.0.0/8, ::1 and localhost; no other spelling of them.
    private static func isLoopback(_ authority: Substring) -> Bool {
        if authority.hasPrefix("[") { return authority == "[::1]" || authority.hasPrefix("[::1]:") }
        let host = authority.prefix { $0 != ":" }
        if host == "localhost" { return true }
        let octets = host.split(separator: ".", omittingEmptySubsequences: false)
        return octets.count == 4 && octets[0] == "127"
            && octets.allSatisfy { octet in UInt8(octet).map { String($0) == octet } ?? false }
    }
}

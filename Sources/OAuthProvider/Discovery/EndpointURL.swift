internal import Records

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
        if isSecure || allowsInsecureHTTP || isLoopback(host(of: authority)) { return nil }
        return "it is http to a host other than loopback; use https, or set allow_insecure_http"
    }

    /// nil if metadata of `issuer` may send us to the URL; else what is wrong with it and what to do.
    ///
    /// Metadata is the word of whoever answers for the issuer, and what it names gets our secret and the tokens: `https`
    /// on the issuer's host or on one of `hosts`, which are in lower case; `http` only on the host of an issuer that is
    /// `http` itself, and is loopback or allowed by the configuration.
    static func objection(
        toDiscovered url: String,
        issuer: String,
        hosts: [String],
        allowsInsecureHTTP: Bool
    ) -> String? {
        let isDowngrade = !isSecure(url) && isSecure(issuer)
        if let objection = Self.objection(to: url, allowsInsecureHTTP: allowsInsecureHTTP && !isDowngrade) {
            return objection
        }
        guard !isDowngrade else {
            return "it is http, and the issuer is https; configure the endpoint if that is right"
        }
        let (there, home) = (host(of: url), host(of: issuer))
        if there == home { return nil }
        guard isSecure(url) else {
            return "it is http on a host other than the issuer's '\(home)'; configure the endpoint if that is right"
        }
        guard !hosts.contains(there) else { return nil }
        return "its host '\(RecordError.printable(there))' is not the issuer's '\(home)'; "
            + "name it in endpoint_hosts, or configure the endpoint, if that is right"
    }

    /// The URL's host in lower case, without port; of an IPv6 address without brackets.
    static func host(of url: String) -> String {
        let start = url.firstRange(of: "://")?.upperBound ?? url.startIndex
        return host(of: url[start...].prefix { !"/?#\\".contains($0) }.lowercased()[...])
    }

    private static func isSecure(_ url: String) -> Bool { url.lowercased().hasPrefix("https://") }

    private static func host(of authority: Substring) -> String {
        authority.hasPrefix("[")
            ? String(authority.dropFirst().prefix { $0 != "]" }) : String(authority.prefix { $0 != ":" })
    }

    /// 127.0.0.0/8, ::1 and localhost; no other spelling of them.
    private static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" { return true }
        let octets = host.split(separator: ".", omittingEmptySubsequences: false)
        return octets.count == 4 && octets[0] == "127"
            && octets.allSatisfy { octet in UInt8(octet).map { String($0) == octet } ?? false }
    }
}

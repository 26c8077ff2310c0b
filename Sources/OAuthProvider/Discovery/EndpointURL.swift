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

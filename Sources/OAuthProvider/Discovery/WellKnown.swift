/// Where a server's metadata may lie.
enum WellKnown {
    /// The URLs to try, in order.
    ///
    /// RFC 8414 §3.1 puts its name between host and path, OpenID Connect Discovery §4 appends its own; both drop a
    /// terminating slash first. Some servers append where RFC 8414 inserts: that is tried last.
    static func urls(issuer: String) -> [String] {
        let trimmed = issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer
        let afterScheme = trimmed.firstRange(of: "://")?.upperBound ?? trimmed.startIndex
        let path = trimmed[afterScheme...].firstIndex(of: "/") ?? trimmed.endIndex
        let urls = [
            trimmed[..<path] + "/.well-known/oauth-authorization-server" + trimmed[path...],
            trimmed + "/.well-known/openid-configuration",
        ]
        return path == trimmed.endIndex ? urls : urls + [trimmed + "/.well-known/oauth-authorization-server"]
    }
}

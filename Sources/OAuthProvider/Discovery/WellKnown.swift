/// Where a server's metadata may lie.
enum WellKnown {
    /// The URLs to try, in order: RFC 8414 §3.1 puts its name between host and path, OpenID Connect Discovery §4 appends
    /// its own; and each the way of the other, as servers do that know one of the two only.
    ///
    /// All drop a terminating slash first. For an issuer without a path there are two.
    static func urls(issuer: String) -> [String] {
        let trimmed = issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer
        let afterScheme = trimmed.firstRange(of: "://")?.upperBound ?? trimmed.startIndex
        let path = trimmed[afterScheme...].firstIndex(of: "/") ?? trimmed.endIndex
        let (oauth, openID) = ("/.well-known/oauth-authorization-server", "/.well-known/openid-configuration")
        let standard = [trimmed[..<path] + oauth + trimmed[path...], trimmed + openID]
        guard path < trimmed.endIndex else { return standard }
        return standard + [trimmed + oauth, trimmed[..<path] + openID + trimmed[path...]]
    }
}

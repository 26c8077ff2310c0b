extension YAMLValue {
    /// A URL by the same narrow grammar as the transport's, which must not be asked from here.
    ///
    /// It is never quoted. An issuer has neither query nor fragment (RFC 8414 §2). `allowsHTTP` is about other
    /// machines; on this one http is allowed.
    func url(isIssuer: Bool = false, allowsHTTP: Bool) -> String? {
        guard let text = text() else { return nil }
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && !#""<>\^`{|}"#.utf8.contains($0) }) else {
            report(
                "'\(name)' holds a blank or another character that no URL may hold",
                hint: "encode it as %XX; write an international host name in its xn-- form"
            )
            return nil
        }
        let isSecure = text.hasPrefix("https://")
        guard isSecure || text.hasPrefix("http://") else {
            report("'\(name)' must be a URL that begins with https://")
            return nil
        }
        let rest = text.dropFirst(isSecure ? 8 : 7)
        let authority = rest.prefix { !"/?#".contains($0) }
        guard !authority.contains("@") else {
            report(
                "'\(name)' holds a user name or password",
                hint: "remove it; secrets are never in this file"
            )
            return nil
        }
        guard let host = Self.host(of: authority) else {
            report("'\(name)' has no valid host name or port")
            return nil
        }
        guard !rest.contains("#"), !isIssuer || !rest.contains("?") else {
            report(
                isIssuer ? "'\(name)' has a query or a fragment" : "'\(name)' has a fragment",
                hint: "remove what begins with '?' or '#'"
            )
            return nil
        }
        guard isSecure || allowsHTTP || Self.isLoopback(host) else {
            report(
                "'\(name)' must begin with https://, http is for loopback addresses",
                hint: "outside production, 'allow_insecure_http: true' at the provider allows it"
            )
            return nil
        }
        return text
    }

    /// A host's name in lower case, without scheme and port.
    func hostName() -> String? {
        guard let text = text() else { return nil }
        let isBare = text.hasPrefix("[") ? text.hasSuffix("]") : !text.contains(":")
        guard isBare, let host = Self.host(of: text[...]) else {
            report(
                "'\(name)' is no host name",
                hint: "write the name alone, like 'tokens.example.com': no scheme, port or path"
            )
            return nil
        }
        return host
    }

    /// The host of `host` or `host:port` in lower case, without brackets; nil where it is none.
    static func host(of authority: Substring) -> String? {
        let host: Substring
        let tail: Substring
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            host = authority[..<end].dropFirst()
            tail = authority[end...].dropFirst()
            guard host.contains(":"), host.utf8.allSatisfy({ "0123456789abcdefABCDEF:.".utf8.contains($0) })
            else {
                return nil
            }
        } else {
            host = authority.prefix { $0 != ":" }
            tail = authority[host.endIndex...]
            guard !host.isEmpty, host.utf8.count <= 253,
                host.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-._".contains($0)) })
            else { return nil }
        }
        guard tail.isEmpty || (UInt16(tail.dropFirst()) ?? 0) > 0 && !tail.contains("+") else { return nil }
        return host.lowercased()
    }

    /// 127.0.0.0/8, ::1 and localhost; no other spelling of them.
    static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" { return true }
        let octets = host.split(separator: ".", omittingEmptySubsequences: false)
        return octets.count == 4 && octets[0] == "127"
            && octets.allSatisfy { octet in UInt8(octet).map { String($0) == octet } ?? false }
    }
}

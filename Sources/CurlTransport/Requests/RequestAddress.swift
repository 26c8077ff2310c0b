/// Where a URL leads, read by a grammar narrower than libcurl's own, so that both can only mean the same host.
struct RequestAddress: Hashable, Sendable {
    /// What the URL lacks or has too much, never quoting it: it may hold a secret.
    struct Invalid: Error {
        let message: String
        var hint: String?
    }

    /// Whether the scheme is `https`.
    let isSecure: Bool
    /// In lower case; an IPv6 address without its brackets.
    let host: String
    let port: UInt16

    /// The key of what is counted for each server.
    var origin: String { "\(isSecure ? "https" : "http")://\(host):\(port)" }

    /// 127.0.0.0/8, ::1 and localhost, which libcurl never looks up; no other spelling of them.
    var isLoopback: Bool {
        if host == "localhost" || host == "::1" { return true }
        let octets = host.split(separator: ".", omittingEmptySubsequences: false)
        return octets.count == 4 && octets[0] == "127"
            && octets.allSatisfy { octet in UInt8(octet).map { String($0) == octet } ?? false }
    }

    init(_ url: String) throws(Invalid) {
        let bytes = url.utf8
        guard bytes.count <= Self.maximumBytes else { throw Invalid(message: "the URL is longer than 16384 bytes") }
        guard bytes.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Invalid(
                message: "the URL holds a blank, a control or a non-ASCII character",
                hint: "encode it as %XX; write an international host name in its xn-- form"
            )
        }
        let lowercased = url.lowercased()
        isSecure = lowercased.hasPrefix("https://")
        guard isSecure || lowercased.hasPrefix("http://") else {
            throw Invalid(message: "the URL does not begin with https://")
        }
        let rest = lowercased.dropFirst(isSecure ? 8 : 7)
        let authority = rest.prefix { !"/?#\\".contains($0) }
        guard !authority.contains("@") else {
            throw Invalid(
                message: "the URL holds a user name or password",
                hint: "remove it; credentials have their own settings"
            )
        }
        try Self.checkPath(url.utf8.dropFirst((isSecure ? 8 : 7) + authority.utf8.count))
        (host, port) = try Self.hostAndPort(authority, defaultPort: isSecure ? 443 : 80)
    }

    private static let maximumBytes = 16_384

    private static func checkPath(_ path: Substring.UTF8View) throws(Invalid) {
        var digitsDue = 0
        for byte in path {
            let isHexDigit = (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte & 0xDF)
            if byte == UInt8(ascii: "#") {
                throw Invalid(message: "the URL has a fragment", hint: "remove what begins with '#'")
            }
            guard digitsDue == 0 || isHexDigit else { break }
            guard !#""<>\^`{|}"#.utf8.contains(byte) else {
                throw Invalid(message: "the URL holds a character that no URL may hold", hint: "encode it as %XX")
            }
            digitsDue = byte == UInt8(ascii: "%") ? 2 : max(0, digitsDue - 1)
        }
        guard digitsDue == 0 else { throw Invalid(message: "the URL holds a '%' without two hexadecimal digits") }
    }

    private static func hostAndPort(
        _ authority: Substring,
        defaultPort: UInt16
    ) throws(Invalid) -> (String, UInt16) {
        let host: Substring
        let tail: Substring
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { throw Invalid(message: "the URL's host has no ']'") }
            host = authority[..<end].dropFirst()
            tail = authority[end...].dropFirst()
            guard host.contains(":"), host.utf8.allSatisfy({ "0123456789abcdef:.".utf8.contains($0) }) else {
                throw Invalid(message: "the URL's host is not an IPv6 address")
            }
        } else {
            host = authority.prefix { $0 != ":" }
            tail = authority[host.endIndex...]
            guard !host.isEmpty, host.utf8.count <= 253,
                host.utf8.allSatisfy({ HeaderSyntax.isAlphanumeric($0) || "-._".utf8.contains($0) })
            else {
                throw Invalid(message: "the URL has no valid host name")
            }
        }
        if tail.isEmpty { return (String(host), defaultPort) }
        let digits = tail.dropFirst()
        guard tail.hasPrefix(":"), !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = UInt16(digits), port > 0
        else {
            throw Invalid(message: "the URL's port is not a number from 1 to 65535")
        }
        return (String(host), port)
    }
}

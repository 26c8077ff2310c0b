/// What a header may hold so that it stays one header.
enum HeaderSyntax {
    /// Whether the name is a `token` (RFC 9110 §5.6.2).
    static func isName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.allSatisfy { isAlphanumeric($0) || symbols.contains($0) }
    }

    /// Whether the value is visible ASCII, spaces and tabs (RFC 9110 §5.5, without `obs-text`).
    static func isValue(_ value: String) -> Bool {
        value.utf8.allSatisfy { (0x20...0x7E).contains($0) || $0 == 0x09 }
    }

    /// Lower-case names of what frames the message, chooses the host or belongs to the connection.
    ///
    /// `Accept-Encoding` is among them since no coding is asked for, `Cookie` since providers are spoken to without.
    static let ownedByTransport: Set<String> = [
        "accept-encoding", "connection", "content-length", "cookie", "expect", "host", "http2-settings", "keep-alive",
        "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "user-agent",
    ]

    static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: false
        }
    }

    private static let symbols = Array("!#$%&'*+-.^_`|~".utf8)
}

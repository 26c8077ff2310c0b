internal import Grants
internal import HTTPTransport

/// Ends whole grants at the grant-management endpoint (FAPI Grant Management §6), as the clients that hold them.
struct GrantManagers: Sendable {
    /// What a client's access token must hold to end its grants (§5).
    private static let scope = "grant_management_revoke"

    private let wire: Wire
    private let credentials: [ClientID: ObtainedToken]

    init(_ clients: [ClientSettings], endpoints: Endpoints, wire: Wire, tokens: TokenEndpoint, reader: SecretReader) {
        self.wire = wire
        let obtained = clients.map { client in
            (
                client.id,
                ObtainedToken(
                    client,
                    grant: BearerGrant(scope: Self.scope, audience: nil),
                    tokens: tokens,
                    reader: reader
                )
            )
        }
        credentials = Dictionary(obtained) { first, _ in first }
    }

    /// Deletes the grant as its client; a refused access token is renewed once.
    func end(_ id: String, at url: String, as client: ClientID) async -> RevocationAnswer {
        guard let token = credentials[client] else {
            return .refused(why: "no-credentials", detail: "the credentials of client '\(client)' are not configured")
        }
        do {
            let first = try await token.current()
            var reply = try await wire.send(request(id, url, first))
            if reply.refusesCredentials, let second = try await token.renewed(after: first.generation) {
                reply = try await wire.send(request(id, url, second))
            }
            return RevocationResponse.answer(reply)
        } catch {
            return RevocationResponse.failed(error)
        }
    }

    private func request(_ id: String, _ url: String, _ presentation: Presentation) -> HTTPRequest {
        HTTPRequest(
            method: .delete,
            url: (url.hasSuffix("/") ? url : url + "/") + Self.segment(id),
            headers: presentation.headers + [HTTPHeader(name: "Accept", value: "application/json")],
            timeout: wire.timeout
        )
    }

    /// A path segment (RFC 3986 §3.3): all but unreserved characters as `%XX`.
    private static func segment(_ id: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in id.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "~"):
                bytes.append(byte)
            default:
                // A dot too: `.` and `..` are no names of grants to a server.
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 0xF)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

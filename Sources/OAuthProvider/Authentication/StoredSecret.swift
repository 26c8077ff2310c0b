internal import Grants
internal import Synchronization

/// A client secret or bearer token that an operator keeps up to date; read when first needed, and again
/// when the server refuses it.
final class StoredSecret: ClientCredentials {
    private let client: ClientSettings
    private let authentication: ClientAuthentication
    private let reader: SecretReader
    private let present = Mutex<(generation: Int, secret: Secret)?>(nil)

    init(_ client: ClientSettings, as authentication: ClientAuthentication, reader: SecretReader) {
        self.client = client
        self.authentication = authentication
        self.reader = reader
    }

    func current() async throws(CallFailure) -> Presentation {
        if let present = present.withLock({ $0 }) { return try presentation(present) }
        let secret = try read()
        return try presentation(
            present.withLock { present in
                let kept = present ?? (1, secret)
                present = kept
                return kept
            }
        )
    }

    func renewed(after generation: Int) async throws(CallFailure) -> Presentation? {
        let secret = try read()
        let changed = present.withLock { present -> (generation: Int, secret: Secret)? in
            if present?.secret != secret { present = ((present?.generation ?? 0) + 1, secret) }
            return present.flatMap { $0.generation > generation ? $0 : nil }
        }
        return try changed.map { (kept) throws(CallFailure) in try presentation(kept) }
    }

    private func read() throws(CallFailure) -> Secret {
        try reader.secret(client.secret, of: "client '\(client.id)'")
    }

    private func presentation(_ kept: (generation: Int, secret: Secret)) throws(CallFailure) -> Presentation {
        try Presentation(
            client.id,
            secret: kept.secret,
            authentication: authentication,
            generation: kept.generation
        )
    }
}

internal import Grants
internal import Synchronization

/// An access token that the client asks for to authenticate with (RFC 7662 §2.1, RFC 6749 §4.4); obtained
/// when first needed, and again when the server refuses it.
final class ObtainedToken: ClientCredentials {
    private let client: ClientID
    private let grant: BearerGrant
    private let secret: StoredSecret
    private let tokens: TokenEndpoint
    private let present = Mutex<(generation: Int, token: Secret)?>(nil)
    private let attempt = SharedAttempt<Result<Presentation, CallFailure>>()

    init(
        _ client: ClientSettings,
        grant: BearerGrant,
        tokens: TokenEndpoint,
        reader: SecretReader
    ) {
        self.client = client.id
        self.grant = grant
        self.tokens = tokens
        secret = StoredSecret(client, as: .clientSecretBasic, reader: reader)
    }

    func current() async throws(CallFailure) -> Presentation {
        try await presentation(newerThan: 0)
    }

    func renewed(after generation: Int) async throws(CallFailure) -> Presentation? {
        try await presentation(newerThan: generation)
    }

    private func presentation(newerThan generation: Int) async throws(CallFailure) -> Presentation {
        if let present = try kept(newerThan: generation) { return present }
        guard let result = await attempt.value(of: { await self.obtain(newerThan: generation) }) else {
            throw .cancelled
        }
        return try result.get()
    }

    private func kept(newerThan generation: Int) throws(CallFailure) -> Presentation? {
        guard let present = present.withLock({ $0 }), present.generation > generation else { return nil }
        let header = try Presentation.bearer(present.token, of: client)
        return Presentation(generation: present.generation, headers: [header])
    }

    private func obtain(newerThan generation: Int) async -> Result<Presentation, CallFailure> {
        do {
            // Another attempt may have ended between the look and the call.
            if let present = try kept(newerThan: generation) { return .success(present) }
            let token = try await tokens.obtain(scope: grant.scope, audience: grant.audience, as: secret).token
            // Checked before it is kept: a token that cannot be sent is none.
            let header = try Presentation.bearer(token, of: client)
            let next = present.withLock { present in
                let next = (present?.generation ?? 0) + 1
                present = (next, token)
                return next
            }
            return .success(Presentation(generation: next, headers: [header]))
        } catch {
            return .failure(error.during("asking for an access token of client '\(client)'"))
        }
    }
}

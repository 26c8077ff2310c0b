internal import Grants
internal import Synchronization

/// Obtains a provider's canaries, each once; what could not be obtained is tried again with the next call.
final class CanaryKeeper: Sendable {
    private let settings: ProviderSettings
    private let tokens: TokenEndpoint
    private let reader: SecretReader
    private let credentials: any ClientCredentials
    private let obtained = Mutex<[Int: Secret]>([:])
    private let attempt = SharedAttempt<[CanaryToken]>()

    init(
        settings: ProviderSettings,
        tokens: TokenEndpoint,
        reader: SecretReader,
        credentials: any ClientCredentials
    ) {
        self.settings = settings
        self.tokens = tokens
        self.reader = reader
        self.credentials = credentials
    }

    /// All configured canaries, in their order.
    func canaries() async -> [CanaryToken] {
        await attempt.value(of: { await self.obtainMissing() })
            ?? settings.canaries.map { canary in
                token(canary, failure: CallFailure.cancelled.detail)
            }
    }

    private func obtainMissing() async -> [CanaryToken] {
        var canaries: [CanaryToken] = []
        for (index, canary) in settings.canaries.enumerated() {
            if let known = obtained.withLock({ $0[index] }) {
                canaries.append(token(canary, known))
                continue
            }
            do {
                let new = try await obtain(canary)
                obtained.withLock { $0[index] = new }
                canaries.append(token(canary, new))
            } catch {
                canaries.append(token(canary, failure: error.detail))
            }
        }
        return canaries
    }

    private func obtain(_ canary: ProviderSettings.Canary) async throws(CallFailure) -> Secret {
        switch canary.origin {
        case .token(let source):
            return try reader.secret(source, of: "the \(canary.kind.rawValue) canary")
        case .clientCredentials(let scope, let audience):
            guard canary.kind == .accessToken else {
                throw CallFailure(
                    .request,
                    "client credentials give access tokens only; configure a token for this canary"
                )
            }
            return try await tokens.obtain(scope: scope, audience: audience, as: credentials)
        }
    }

    private func token(
        _ canary: ProviderSettings.Canary,
        _ token: Secret? = nil,
        failure: String? = nil
    ) -> CanaryToken {
        let isOwn = canary.client == nil || canary.client == settings.client.id
        return CanaryToken(kind: canary.kind, isOwnClient: isOwn, token: token, failure: failure)
    }
}

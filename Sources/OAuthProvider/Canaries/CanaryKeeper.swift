internal import Grants
internal import Synchronization

/// Obtains a provider's canaries, and each anew before it is old; what could not be obtained is tried again with the
/// next call.
///
/// A worker lives for months and a run for hours: a canary that has expired meanwhile would make the provider look
/// broken.
final class CanaryKeeper: Sendable {
    private let settings: ProviderSettings
    private let tokens: TokenEndpoint
    private let reader: SecretReader
    private let credentials: any ClientCredentials
    private let uptime: @Sendable () -> Duration
    private let obtained = Mutex<[Int: (token: Secret, until: Duration)]>([:])
    private let attempt = SharedAttempt<[CanaryToken]>()

    /// How long a canary is used at the most; one that says how long it lives, for half of that.
    static let longestUse = Duration.minutes(10)

    init(
        settings: ProviderSettings,
        tokens: TokenEndpoint,
        reader: SecretReader,
        credentials: any ClientCredentials,
        uptime: @escaping @Sendable () -> Duration
    ) {
        self.settings = settings
        self.tokens = tokens
        self.reader = reader
        self.credentials = credentials
        self.uptime = uptime
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
            let now = uptime()
            if let known = obtained.withLock({ $0[index] }), now < known.until {
                canaries.append(token(canary, known.token))
                continue
            }
            do {
                let new = try await obtain(canary)
                let use = min(Self.longestUse, new.lifetime.map { $0 / 2 } ?? Self.longestUse)
                obtained.withLock { $0[index] = (new.token, now + use) }
                canaries.append(token(canary, new.token))
            } catch {
                canaries.append(token(canary, failure: error.detail))
            }
        }
        return canaries
    }

    private func obtain(_ canary: ProviderSettings.Canary) async throws(CallFailure) -> TokenEndpoint.Issued {
        switch canary.origin {
        case .token(let source):
            return .init(token: try reader.secret(source, of: "the \(canary.kind.rawValue) canary"))
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

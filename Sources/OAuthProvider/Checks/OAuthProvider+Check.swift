internal import Grants
internal import Records

extension OAuthProvider {
    /// How far the server's clock may be from ours.
    package static let tolerableSkew = Duration.minutes(5)

    /// Tries everything that a run relies on, and changes nothing at the provider.
    ///
    /// Fetches the metadata, obtains the canaries, and asks about them and about a made-up token.
    package func check() async -> ProviderCheck {
        var steps = [await endpointsStep()]
        let madeUp = await introspect(makeUpToken(), kind: .accessToken)
        steps.append(Self.madeUpStep(madeUp))
        steps.append(Self.credentialsStep(madeUp))
        var dates = [madeUp.serverDate]
        var sight = CapabilitySight(settings)
        for (index, canary) in await canaries().enumerated() {
            let name = "canary \(index + 1)"
            let whose = canary.isOwnClient ? "of our own client" : "of another client"
            guard let token = canary.token else {
                let why = canary.failure ?? "nobody knows why"
                steps.append(.init(name: "\(name) obtained", ok: false, detail: why))
                continue
            }
            let obtained = "\(canary.kind.rawValue) \(whose)"
            steps.append(.init(name: "\(name) obtained", ok: true, detail: obtained))
            let answer = await introspect(token, kind: canary.kind)
            dates.append(answer.serverDate)
            sight.note(answer.outcome, of: canary.kind)
            steps.append(Self.activeStep("\(name) active", answer))
        }
        steps.append(sight.step)
        steps.append(clockStep(dates.compactMap(\.self).first))
        steps += clientSteps()
        return ProviderCheck(steps: steps)
    }

    /// Each endpoint, and why it is taken or not.
    private func endpointsStep() async -> ProviderCheck.Step {
        var found: [String] = []
        var isSound = true
        for kind in Endpoints.Kind.allCases {
            let isNeeded = isNeeded(kind)
            do {
                guard let url = try await endpoints.url(kind) else {
                    isSound = isSound && !isNeeded
                    // Few servers have one; nothing is missing without.
                    if kind != .grantManagement { found.append("\(kind.rawValue) missing") }
                    continue
                }
                found.append("\(kind.rawValue) \(Self.shown(url)) (\(origin(of: url, kind)))")
            } catch {
                guard let refusal = endpoints.refusal(kind) else {
                    // Where all that is needed is configured, there need be no metadata.
                    if kind == .grantManagement { continue }
                    return .init(name: "endpoints", ok: false, detail: error.detail)
                }
                isSound = isSound && !isNeeded
                found.append("\(kind.rawValue) \(Self.shown(refusal.url)) (discovered, not taken: \(refusal.why))")
            }
        }
        return .init(name: "endpoints", ok: isSound, detail: found.joined(separator: "; "))
    }

    /// Without its query, which may hold a key.
    private static func shown(_ url: String) -> String {
        RecordError.printableInFull(String(url.prefix { $0 != "?" }.prefix(256)))
    }

    private func isNeeded(_ kind: Endpoints.Kind) -> Bool {
        switch kind {
        case .introspection: true
        case .revocation: settings.revocation == .provider
        case .token:
            settings.client.bearerGrant != nil
                || settings.canaries.contains { if case .clientCredentials = $0.origin { true } else { false } }
        case .grantManagement: false
        }
    }

    private func origin(of url: String, _ kind: Endpoints.Kind) -> String {
        if endpoints.isConfigured(kind) { return "configured" }
        let isHome = EndpointURL.host(of: url) == EndpointURL.host(of: settings.issuer)
        return isHome ? "discovered, on the issuer's host" : "discovered, on a host of endpoint_hosts"
    }

    private static func madeUpStep(_ answer: IntrospectionAnswer) -> ProviderCheck.Step {
        switch answer.outcome {
        case .inactive: .init(name: "made-up token", ok: true, detail: "inactive, as it has to be")
        case .active:
            .init(name: "made-up token", ok: false, detail: "the server calls a made-up token active")
        case .unknown(let reason):
            .init(name: "made-up token", ok: false, detail: answer.detail ?? reason.rawValue)
        }
    }

    private static func credentialsStep(_ answer: IntrospectionAnswer) -> ProviderCheck.Step {
        switch answer.outcome {
        case .active, .inactive: .init(name: "credentials", ok: true, detail: "accepted")
        case .unknown(.credentials), .unknown(.forbidden), .unknown(.ownFailure):
            .init(name: "credentials", ok: false, detail: answer.detail ?? "refused")
        case .unknown:
            .init(name: "credentials", ok: false, detail: "could not be tried: the server gave no answer")
        }
    }

    private static func activeStep(_ name: String, _ answer: IntrospectionAnswer) -> ProviderCheck.Step {
        switch answer.outcome {
        case .active: .init(name: name, ok: true, detail: "active, as it has to be")
        case .inactive:
            .init(
                name: name,
                ok: false,
                detail: "the server calls it inactive; our client may not see it, or the token has ended"
            )
        case .unknown(let reason): .init(name: name, ok: false, detail: answer.detail ?? reason.rawValue)
        }
    }

    private func clockStep(_ serverDate: Timestamp?) -> ProviderCheck.Step {
        guard let serverDate else {
            return .init(
                name: "clock",
                ok: true,
                detail: "the server sent no Date; clocks cannot be compared"
            )
        }
        let skew = serverDate - clock.now()
        let seconds = skew.milliseconds / 1_000
        let isTolerable = skew <= Self.tolerableSkew && skew >= .zero - Self.tolerableSkew
        let distance =
            seconds == 0
            ? "agrees with ours" : "is \(abs(seconds))s \(seconds > 0 ? "ahead of" : "behind") ours"
        return .init(
            name: "clock",
            ok: isTolerable,
            detail: "the server's clock \(distance)" + (isTolerable ? "" : "; set the wrong one")
        )
    }

    /// Whether the secrets of the clients that hold grants can be read; they are not tried out.
    private func clientSteps() -> [ProviderCheck.Step] {
        var steps: [ProviderCheck.Step] = []
        for client in holders.values.map(\.settings).sorted(by: { $0.id < $1.id }) {
            let name = "client \(client.id)"
            do {
                _ = try reader.secret(client.secret, of: "client '\(client.id)'")
                steps.append(.init(name: name, ok: true, detail: "its secret can be read"))
            } catch {
                steps.append(.init(name: name, ok: false, detail: error.detail))
            }
        }
        return steps
    }
}

internal import Grants
internal import HTTPTransport
internal import Synchronization

/// A provider's endpoints: as configured, else as its metadata says, which is fetched when first needed.
final class Endpoints: Sendable {
    enum Kind: String, CaseIterable, Sendable {
        case introspection = "introspection_endpoint"
        case revocation = "revocation_endpoint"
        case token = "token_endpoint"
        case grantManagement = "grant_management_endpoint"
    }

    /// How long a failed discovery is not repeated.
    static let backoff = Duration.seconds(10)
    /// How long metadata counts before it is fetched anew; where that fails, it counts on, and is tried again later.
    static let age = Duration.hours(24)
    static let retry = Duration.minutes(10)

    private struct State {
        var metadata: ServerMetadata?
        /// On the monotonic clock.
        var freshUntil = Duration.zero
        var failure: CallFailure?
        var failedAt = Timestamp.distantPast
    }

    private let settings: ProviderSettings
    private let wire: Wire
    private let state = Mutex(State())
    private let attempt = SharedAttempt<Result<ServerMetadata, CallFailure>>()

    init(settings: ProviderSettings, wire: Wire) {
        self.settings = settings
        self.wire = wire
    }

    /// Whether the configuration names it, so that no metadata is needed.
    func isConfigured(_ kind: Kind) -> Bool { configured(kind) != nil }

    /// What the metadata, as far as it was fetched, names for an endpoint that is not taken; nil: it is, or there is none.
    func refusal(_ kind: Kind) -> ServerMetadata.Refusal? {
        isConfigured(kind) ? nil : state.withLock { $0.metadata?.refusals[kind.rawValue] }
    }

    /// The endpoint's URL; nil if the server's metadata names none.
    func url(_ kind: Kind) async throws(CallFailure) -> String? {
        if let url = configured(kind) {
            if let objection = EndpointURL.objection(to: url, allowsInsecureHTTP: settings.allowsInsecureHTTP) {
                throw CallFailure(.discovery, "the configured \(kind.rawValue) cannot be used: \(objection)")
            }
            return url
        }
        let metadata = try await metadata()
        if let refusal = metadata.refusals[kind.rawValue] {
            throw CallFailure(.discovery, "the \(kind.rawValue) of the server's metadata is not taken: \(refusal.why)")
        }
        switch kind {
        case .introspection: return metadata.introspectionEndpoint
        case .revocation: return metadata.revocationEndpoint
        case .token: return metadata.tokenEndpoint
        case .grantManagement: return metadata.grantManagementEndpoint
        }
    }

    /// The endpoint's URL; a failure if neither names one.
    func required(_ kind: Kind) async throws(CallFailure) -> String {
        if let url = try await url(kind) { return url }
        throw CallFailure(
            .discovery,
            "the server's metadata names no \(kind.rawValue); give it in the provider's configuration"
        )
    }

    private func configured(_ kind: Kind) -> String? {
        switch kind {
        case .introspection: settings.introspectionEndpoint
        case .revocation: settings.revocationEndpoint
        case .token: settings.tokenEndpoint
        case .grantManagement: nil
        }
    }

    private func metadata() async throws(CallFailure) -> ServerMetadata {
        if let known = try known() { return known }
        guard let result = await attempt.value(of: { await self.discover() }) else { throw .cancelled }
        return try result.get()
    }

    /// What an earlier attempt brought, as long as it counts.
    private func known() throws(CallFailure) -> ServerMetadata? {
        let now = wire.clock.now()
        let uptime = wire.uptime()
        let (metadata, failure) = state.withLock { state -> (ServerMetadata?, CallFailure?) in
            // A clock set back must not prolong the wait.
            let isRecent = state.failedAt <= now && now - state.failedAt < Self.backoff
            return (uptime < state.freshUntil ? state.metadata : nil, isRecent ? state.failure : nil)
        }
        if let metadata { return metadata }
        if let failure { throw failure }
        return nil
    }

    private func discover() async -> Result<ServerMetadata, CallFailure> {
        do {
            // Another attempt may have ended between the look and the call.
            if let known = try known() { return .success(known) }
            let metadata = try await fetch()
            let until = wire.uptime() + Self.age
            state.withLock { state in
                state.metadata = metadata
                state.freshUntil = until
                state.failure = nil
            }
            return .success(metadata)
        } catch {
            let until = wire.uptime() + Self.retry
            let old = state.withLock { state -> ServerMetadata? in
                if state.metadata != nil { state.freshUntil = until }
                return state.metadata
            }
            if let old { return .success(old) }
            if error.reason == .discovery {
                let now = wire.clock.now()
                state.withLock { state in
                    state.failure = error
                    state.failedAt = now
                }
            }
            return .failure(error)
        }
    }

    private func fetch() async throws(CallFailure) -> ServerMetadata {
        let issuer = settings.issuer
        if let objection = EndpointURL.objection(to: issuer, allowsInsecureHTTP: settings.allowsInsecureHTTP) {
            throw CallFailure(
                .discovery,
                "the configured issuer cannot be asked for its metadata: \(objection)"
            )
        }
        guard !issuer.contains("?") else {
            throw CallFailure(
                .discovery,
                "the configured issuer has a query, which no issuer may (RFC 8414 §2)"
            )
        }
        var details: [String] = []
        var retryAfter: Duration?
        for url in WellKnown.urls(issuer: issuer) {
            let headers = [HTTPHeader(name: "Accept", value: "application/json")]
            let request = HTTPRequest(method: .get, url: url, headers: headers, timeout: wire.timeout)
            do {
                let reply = try await wire.send(request)
                retryAfter = reply.retryAfter
                return try ServerMetadata(
                    reply.response,
                    issuer: issuer,
                    hosts: settings.endpointHosts,
                    allowsInsecureHTTP: settings.allowsInsecureHTTP
                )
            } catch let failure as CallFailure {
                // Not sent, or not wanted any more: that says nothing about the metadata.
                guard failure.reason != .rateLimited, !Task.isCancelled else { throw failure }
                details.append("\(url): \(failure.detail)")
            } catch let unusable as ServerMetadata.Unusable {
                details.append("\(url): \(unusable.detail)")
            } catch {
                details.append(url)
            }
        }
        throw CallFailure(
            .discovery,
            "no metadata for issuer '\(issuer)'; \(details.joined(separator: "; "))",
            retryAfter: retryAfter
        )
    }
}

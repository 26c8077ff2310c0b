package import Grants
internal import HTTPTransport

extension OAuthProvider {
    /// One request to the first place of the metadata: whatever is answered there bears the server's `Date`.
    ///
    /// Where to revoke is taken from the configuration, or from metadata as it was fetched within the last day.
    package func observe() async -> ServerObservation {
        var observation = await look()
        do {
            observation.namesRevocationEndpoint = try await endpoints.url(.revocation) != nil
        } catch {
            // Metadata that cannot be read says nothing of what there is.
            observation.namesRevocationEndpoint = nil
        }
        return observation
    }

    private func look() async -> ServerObservation {
        guard !settings.issuer.contains("?"),
            EndpointURL.objection(to: settings.issuer, allowsInsecureHTTP: settings.allowsInsecureHTTP) == nil,
            let url = WellKnown.urls(issuer: settings.issuer).first
        else { return ServerObservation(detail: "its issuer cannot be asked for its metadata") }
        let request = HTTPRequest(
            method: .get,
            url: url,
            headers: [
                HTTPHeader(name: "Accept", value: "application/json"),
                HTTPHeader(name: "Cache-Control", value: "no-cache"),
            ],
            timeout: wire.timeout
        )
        do {
            let reply = try await wire.send(request)
            if let cache = reply.response.cacheWord {
                return ServerObservation(detail: "its answer came from a cache (\(cache)), so its Date says nothing")
            }
            let detail = reply.serverDate == nil ? "its answers bear no Date" : nil
            return ServerObservation(date: reply.serverDate, detail: detail)
        } catch {
            return ServerObservation(detail: error.detail)
        }
    }
}

extension HTTPResponse {
    /// The header by which a cache owns up to an answer; nil: it came from the server.
    ///
    /// RFC 9111 §5.1: a response with an `Age` was not made now. The others are what caches in use write beside it.
    fileprivate var cacheWord: String? {
        if header("Age") != nil { return "Age" }
        return ["X-Cache", "X-Cache-Status", "CF-Cache-Status"].first { name in
            headers(named: name).contains { $0.lowercased().contains("hit") }
        }
    }
}

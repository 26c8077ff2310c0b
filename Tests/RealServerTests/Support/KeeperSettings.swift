/// What differs between the tests' configurations; the rest is what a user of this server would write.
struct KeeperSettings: Sendable {
    /// A token known to be good; each has the kind that it claims.
    enum Canary: Sendable {
        /// The access token of another client.
        case foreign
        /// An access token that our own client asks for.
        case own
        /// This refresh token.
        case refreshToken(String)
    }

    let issuer: String
    var secret = "grantkeeper-secret"
    var canaryToken = ""
    var canaries: [Canary] = [.foreign]
    /// The truth about this server; a test may lie.
    var introspects = "access_token"
    var revokesForeign = false
    /// This server does; without, an access token's `inactive` counts before a feed has told of a day without use.
    var rotates = true
    /// Whether we have the credentials of the clients that hold grants.
    var hasClients = true
    var confirmAfter = "1s"
    var inFlight = 8
    var highWater = false
    var offersMetrics = false
    /// A valve that lets many end at once.
    var isValveWide = false

    /// The files beside the configuration that hold a secret, by name.
    var secrets: [String: String] {
        var files = [
            "keeper.secret": secret, "erp-sync.secret": "erp-sync-secret",
            "supplier-portal.secret": "supplier-portal-secret", "canary.token": canaryToken,
            // 32 bytes, the same in every test: nothing here is secret.
            "store.key": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        ]
        for (number, canary) in canaries.enumerated() {
            if case .refreshToken(let token) = canary { files["refresh-\(number).token"] = token }
        }
        return files
    }

    var yaml: String {
        let wide = "{ share: 100%, count: 10000, max: 10000, window: 24h }"
        let valves = isValveWide ? "\n    valve: \(wide)\n  total_valve: \(wide)" : ""
        let clients = """
              - { id: erp-sync, provider: idp, secret: { file: erp-sync.secret } }
              - { id: supplier-portal, provider: idp, secret: { file: supplier-portal.secret } }
            """
        return """
            store:
              sqlite: grants.sqlite\(highWater ? "\n  high_water: guard/high-water" : "")
              key: { file: store.key }
            providers:
              - id: idp
                issuer: \(issuer)
                client: { id: grantkeeper, secret: { file: keeper.secret } }
                limits: { requests_per_second: 2000, in_flight: \(inFlight), timeout: 20s }
                capabilities:
                  introspects: [\(introspects)]
                  revokes_foreign: \(revokesForeign)
                  rotates_refresh_tokens: \(rotates)
                  revocation_reaches: grant
                access_token_lifetime: 0s
                canaries:
            \(canaries.enumerated().map(line).joined(separator: "\n"))
            clients:
            \(hasClients ? clients : "")
            tenants:
              - { id: acme, party: supplier }
            rotation:
              mode: enforce
              default:
                notice: 0s
                confirmations: 2
                confirm_after: \(confirmAfter)\(valves)
            sinks:
              - { id: siem, type: file, path: events.ndjson }
            \(offersMetrics ? "metrics: { listen: 127.0.0.1:0 }" : "")

            """
    }

    private func line(_ number: Int, _ canary: Canary) -> String {
        switch canary {
        case .foreign: "      - { kind: access_token, token: { file: canary.token }, client: canary-client }"
        case .own: "      - { kind: access_token, client_credentials: { scope: introspection } }"
        case .refreshToken:
            "      - { kind: refresh_token, token: { file: refresh-\(number).token }, client: supplier-portal }"
        }
    }
}

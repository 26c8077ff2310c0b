import Grants
import Sandbox

/// What a scenario begins with, and the configuration it makes; each member may be changed later.
struct Setup: Sendable {
    enum Canaries: Sendable {
        /// Tokens of another client, one of each kind.
        case foreign
        /// An access token of our own, by client credentials.
        case own
        case none
    }

    var mode = "enforce"
    var canaries = Canaries.foreign
    var introspects = "access_token, refresh_token"
    var revokesForeign = false
    var reaches = "grant"
    var rotatesRefreshTokens = false
    var revocation = "provider"
    var timeout = "5s"
    var secret = "grantkeeper-secret"
    /// The restore guard's file; nil: the guard is off.
    var highWater: String?
    /// Members of `rotation.default`.
    var policy: [String: String] = ["notice": "0s"]
    var totalValve = "{ share: 100%, count: 1000 }"
    var overrides: [String] = []
    /// Each one a flow mapping.
    var blackouts: [String] = []
    /// Each one a flow mapping.
    var feeds: [String] = []
    var sinks: [String] = []
    var clients = ["supplier-portal", "erp-sync", "quote-bot", "partner-gateway"]
    /// Further clients, each one a flow mapping.
    var otherClients: [String] = []
    var tenants = ["acme"]
    var internalTenants: [String] = []
    /// Members of `retention`; none: there is no such section.
    var retention: [String: String] = [:]
    /// Further providers, each one a flow mapping.
    var otherProviders: [String] = []
    var limits = "requests_per_second: 100000, in_flight: 16"
    /// The sandbox's own options; the port is any.
    var sandbox = SandboxOptions()

    static let gateway = "{ id: gateway, covers: [{ provider: idp }], late: 0s, max_age: 3d }"
    /// A program that takes everything.
    static let owners = "{ id: owners, type: exec, command: [/bin/cat], notifies: true }"

    func yaml(port: Int) -> String {
        let canaryLines: [String] =
            switch canaries {
            case .foreign:
                ["access_token", "refresh_token"].map {
                    "      - { kind: \($0), client: canary-client, token: { file: canary.\($0) } }"
                }
            case .own: ["      - { kind: access_token, client_credentials: { scope: introspection } }"]
            case .none: []
            }
        let clientLines = clients.map {
            "  - { id: \($0), provider: idp, auth: client_secret_basic, secret: { file: \($0).secret } }"
        }
        let tenantLines =
            tenants.map { "  - { id: \($0), party: supplier, owner: buyers }" }
            + internalTenants.map { "  - { id: \($0), party: internal, owner: buyers }" }
        let retentionText =
            retention.isEmpty
            ? [] : ["retention:"] + retention.sorted { $0.key < $1.key }.map { "  \($0.key): \($0.value)" }
        let policyText = policy.sorted { $0.key < $1.key }.map { "    \($0.key): \($0.value)" }
        return """
            store: { sqlite: grants.sqlite, key: { file: store.key }\(highWater.map { ", high_water: \($0)" } ?? "") }
            providers:
              - id: idp
                issuer: http://127.0.0.1:\(port)
                client: { id: grantkeeper, auth: client_secret_basic, secret: { file: grantkeeper.secret } }
                limits: { \(limits), timeout: \(timeout) }
                capabilities:
                  introspects: [\(introspects)]
                  revokes_foreign: \(revokesForeign)
                  revocation_reaches: \(reaches)
                  rotates_refresh_tokens: \(rotatesRefreshTokens)
                revocation: \(revocation)
                access_token_lifetime: 0s
                canaries:
            \(canaryLines.joined(separator: "\n"))
            \(otherProviders.map { "  - \($0)" }.joined(separator: "\n"))
            clients:
            \((clientLines + otherClients.map { "  - \($0)" }).joined(separator: "\n"))
            tenants:
            \(tenantLines.joined(separator: "\n"))
            feeds:
            \(feeds.map { "  - \($0)" }.joined(separator: "\n"))
            rotation:
              mode: \(mode)
              default:
            \(policyText.joined(separator: "\n"))
              overrides:
            \(overrides.map { "    - \($0)" }.joined(separator: "\n"))
              blackout:
            \(blackouts.map { "    - \($0)" }.joined(separator: "\n"))
              total_valve: \(totalValve)
            sinks:
            \(sinks.map { "  - \($0)" }.joined(separator: "\n"))
            \(retentionText.joined(separator: "\n"))

            """
    }
}

/// The protocol endpoints of the sandbox; faults apply to them by name, and each is counted apart.
package enum SandboxEndpoint: String, CaseIterable, Sendable {
    /// Both well-known documents (RFC 8414 §3, OpenID Connect Discovery 1.0 §4).
    case metadata
    case token
    case introspect
    case revoke

    init?(path: String) {
        switch path {
        case "/.well-known/oauth-authorization-server", "/.well-known/openid-configuration": self = .metadata
        case "/token": self = .token
        case "/introspect": self = .introspect
        case "/revoke": self = .revoke
        default: return nil
        }
    }
}

package import Grants

/// What a sandbox is started with.
package struct SandboxOptions: Hashable, Sendable {
    /// The address to listen on; beyond loopback the administration still answers loopback callers only.
    package var host = "127.0.0.1"
    /// 0 takes any free port.
    package var port = 0
    package var clients = SandboxClient.bundled
    /// Whether a refresh replaces the refresh token (RFC 9700 §4.14.2).
    package var rotatesRefreshTokens = true
    /// What a revocation ends beside the token itself (RFC 7009 §2.1).
    package var revocationReach = ProviderCapabilities.Reach.grant
    /// What becomes of the revocation of another client's token.
    package var foreignRevocation = ForeignRevocation.refused
    /// Makes tokens and random faults repeatable; nil takes the system's randomness.
    package var seed: UInt64?
    /// The faults to begin with; `/sandbox/faults` replaces them.
    package var faults = SandboxFaults()

    package init() {}
}

/// What the sandbox does when a client revokes a token that was issued to another.
package enum ForeignRevocation: String, CaseIterable, Sendable {
    /// The token ends all the same.
    case allowed
    /// The error that RFC 7009 §2.1 asks for.
    case refused
    /// 200, and the token lives on, as some servers do.
    case ignored
}

package import Grants

/// An OAuth client that the sandbox knows (RFC 6749 §2.2).
package struct SandboxClient: Hashable, Sendable {
    package var id: ClientID
    package var secret: Secret
    /// Whether it may ask about tokens of other clients; to one that may not they are inactive (RFC 7662
    /// §2.2).
    package var introspectsAll: Bool

    package init(id: ClientID, secret: Secret, introspectsAll: Bool = false) {
        self.id = id
        self.secret = secret
        self.introspectsAll = introspectsAll
    }

    /// Our own client, four integrations and the one that canary tokens belong to; each secret is
    /// `<id>-secret`.
    package static let bundled: [SandboxClient] = [
        "grantkeeper", "supplier-portal", "erp-sync", "quote-bot", "partner-gateway", "canary-client",
    ].map { name in
        SandboxClient(
            id: ClientID(name),
            secret: Secret("\(name)-secret"),
            introspectsAll: name == "grantkeeper"
        )
    }
}

/// Who caused something.
package struct Actor: Hashable, Sendable {
    package enum Kind: String, Sendable { case schedule, person, provider }

    package var kind: Kind
    package var user: String?
    /// Who called `sudo`, where somebody did.
    package var sudoUser: String?
    package var host: String?

    package init(kind: Kind, user: String? = nil, sudoUser: String? = nil, host: String? = nil) {
        self.kind = kind
        self.user = user
        self.sudoUser = sudoUser
        self.host = host
    }
}

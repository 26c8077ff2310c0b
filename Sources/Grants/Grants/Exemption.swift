/// A person's decision that a grant stays until a date, whatever the rules say.
package struct Exemption: Hashable, Sendable {
    package let owner: String
    package let reason: String
    package let until: Timestamp

    package init(owner: String, reason: String, until: Timestamp) {
        self.owner = owner
        self.reason = reason
        self.until = until
    }
}

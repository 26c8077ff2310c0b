/// What earlier tries of one order have shown and reached; kept with the order.
package struct RevocationProgress: Hashable, Sendable {
    /// The kinds whose revocation the server accepted; these are asked about again, not revoked again.
    package var accepted: Set<TokenKind> = []
    /// Of those, the ones that were called active right before.
    package var wasActive: Set<TokenKind> = []
    /// Of those, the ones that the last definite answer after the acceptance still called active.
    package var stillActive: Set<TokenKind> = []
    /// The kinds that were shown to be dead.
    package var dead: Set<TokenKind> = []
    /// When the server accepted first; nil: it has not.
    package var acceptedAt: Timestamp?

    package init() {}

    /// Until when an accepted revocation is asked about.
    package static let patience = Duration.hours(24)

    /// Until when what was accepted is asked about; nil: nothing was.
    package var askedUntil: Timestamp? { acceptedAt.map { $0 + Self.patience } }

    /// The sets as one number: two bits for each, from the lowest on `accepted`, `wasActive`, `stillActive`, `dead`.
    package var bits: Int64 {
        get {
            [accepted, wasActive, stillActive, dead].enumerated().reduce(0) { bits, part in
                bits | Self.bits(part.element) << Int64(2 * part.offset)
            }
        }
        set {
            accepted = Self.kinds(newValue)
            wasActive = Self.kinds(newValue >> 2)
            stillActive = Self.kinds(newValue >> 4)
            dead = Self.kinds(newValue >> 6)
        }
    }

    private static func bits(_ kinds: Set<TokenKind>) -> Int64 {
        (kinds.contains(.accessToken) ? 1 : 0) | (kinds.contains(.refreshToken) ? 2 : 0)
    }

    private static func kinds(_ bits: Int64) -> Set<TokenKind> {
        var kinds: Set<TokenKind> = []
        if bits & 1 != 0 { kinds.insert(.accessToken) }
        if bits & 2 != 0 { kinds.insert(.refreshToken) }
        return kinds
    }
}

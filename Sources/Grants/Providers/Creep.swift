/// Whether a provider called so many grants gone in a month, a few each day, that it is more likely wrong than right.
package struct Creep: Hashable, Sendable {
    /// What it looks back on.
    package static let window = Duration.days(30)
    /// Fewer are never a creep.
    static let most = 10

    /// Ends by rule 4 within the window, and since a person last approved; superseded ones left out.
    package var ended: Int
    /// Live grants of the provider.
    package var live: Int

    package init(ended: Int, live: Int) {
        self.ended = ended
        self.live = live
    }

    /// More than 10, and more than 20 % of the provider's live grants.
    package var isOne: Bool { ended > Self.most && ended * 5 > live }
}

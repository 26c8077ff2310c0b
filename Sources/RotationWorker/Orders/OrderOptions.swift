/// What a person's order goes past, as typed with it and kept with it.
package struct OrderOptions: Hashable, Sendable {
    /// `--while-frozen`: it goes on although a freeze covers the grants, one that is given later too.
    package var whileFrozen = false
    /// `--while-held`: it goes on although the provider is held; nothing is proven then.
    package var whileHeld = false
    /// `--even-own`: it goes past a record that names our own client; never past a token of ours.
    package var evenOwn = false

    package init(whileFrozen: Bool = false, whileHeld: Bool = false, evenOwn: Bool = false) {
        self.whileFrozen = whileFrozen
        self.whileHeld = whileHeld
        self.evenOwn = evenOwn
    }
}

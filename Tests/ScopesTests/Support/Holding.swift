import Scopes

/// What the analyses take; the store's own is another.
typealias Holding = Scopes.Holding

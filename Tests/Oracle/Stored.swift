import Grants

/// A grant as the worker stores it, and what the oracle knows beside it.
struct Stored {
    var grant: Grant
    let person: Int
    /// Whose token it holds: the consent, and the number of the token.
    var consent: Int
    var token: Int
    /// Every token that it ever had.
    var hadTokens: [(consent: Int, token: Int)] = []
    /// When its provider is asked next, by the worker's clock.
    var askAt: Timestamp
    /// A first inactive answer that waits for the end of its run, or for a person.
    var pendingAt: Timestamp?
    /// When its provider answered last, by the worker's clock.
    var askedAt: Timestamp?
    /// By the worker's clock.
    var endedAt: Timestamp?
    var endedBy: Rule?
    /// In the worker's words; for the transcript and the oracle.
    var endedTrulyAt: Instant = .max
    /// The announcement that runs was acknowledged at this true time.
    var toldTrulyAt: Instant?
    /// The end in its record is an access token's, or none at all.
    var endIsMistaken = false
    /// How many runs in a row the valve held it.
    var heldRuns = 0
    /// The last reason that was noted, in a trace.
    var noted = ""
    /// First recorded at this true time.
    let recordedAt: Instant
}

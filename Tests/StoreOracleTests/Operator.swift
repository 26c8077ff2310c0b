@testable import oracle

/// The person who sees to what stands still, and what that person knows.
struct Operator {
    /// Files that were refused, to be handed over again.
    var refused: [LogFile] = []
    /// Lines that named no known grant.
    var unmapped: [LogLine] = []
    var standsSince: Int?
    /// False: lines could not be read, and nobody has vouched for the feed since.
    var mayMove = true
}

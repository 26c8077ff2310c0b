/// An instant of the true time line, in milliseconds since 1970.
typealias Instant = Int64

/// Lengths on the true time line.
enum Span {
    static let second: Int64 = 1_000
    static let minute: Int64 = 60 * second
    static let hour: Int64 = 60 * minute
    static let day: Int64 = 24 * hour
}

/// One consent as it truly was: when it was given, used, refreshed, and when the server ended it.
///
/// This is the oracle's side. It imports nothing and walks lists: it shares no code with the planner that it judges.
struct Consent {
    let subject: Int
    let client: Int
    let givenAt: Instant
    /// How long one of its access tokens lives.
    let tokenLifetime: Int64
    /// No refresh token was given: it is over with its access token.
    let isAccessTokenOnly: Bool
    /// When its holder means to use it; what lies behind the end does not happen.
    let intended: [Instant]
    /// When a new access token was taken, and at a rotating server a new refresh token.
    let refreshes: [Instant]
    /// The server ends it here; `max`: never.
    private(set) var endedAt: Instant

    init(
        subject: Int,
        client: Int,
        givenAt: Instant,
        tokenLifetime: Int64,
        isAccessTokenOnly: Bool,
        intended: [Instant],
        endedAt: Instant
    ) {
        self.subject = subject
        self.client = client
        self.givenAt = givenAt
        self.tokenLifetime = tokenLifetime
        self.isAccessTokenOnly = isAccessTokenOnly
        self.intended = intended
        self.endedAt = isAccessTokenOnly ? min(endedAt, givenAt + tokenLifetime) : endedAt
        var refreshes: [Instant] = []
        var over = givenAt + tokenLifetime
        for use in intended where use >= over && !isAccessTokenOnly {
            refreshes.append(use - Span.second)
            over = use - Span.second + tokenLifetime
        }
        self.refreshes = refreshes
    }

    mutating func end(at instant: Instant) { endedAt = min(endedAt, instant) }

    /// Whether a use or a refresh would succeed.
    func isAlive(at instant: Instant) -> Bool { givenAt <= instant && instant < endedAt }

    func lastUse(upTo instant: Instant) -> Instant? {
        let count = Self.count(intended, upTo: min(instant, endedAt - 1))
        return count > 0 ? intended[count - 1] : nil
    }

    /// Whether there was a true use in `(from, until]`.
    func wasUsed(after from: Instant, upTo until: Instant) -> Bool {
        lastUse(upTo: until).map { $0 > from } ?? false
    }

    /// The number of the token that is current: as many refreshes as there were.
    func token(at instant: Instant) -> Int { Self.count(refreshes, upTo: min(instant, endedAt - 1)) }

    func issue(ofToken number: Int) -> Instant { number == 0 ? givenAt : refreshes[number - 1] }

    /// The end of the access token that belongs to the token of this number.
    func accessTokenEnd(ofToken number: Int) -> Instant { issue(ofToken: number) + tokenLifetime }

    /// How many of a sorted list are no later.
    static func count(_ instants: [Instant], upTo limit: Instant) -> Int {
        var (low, high) = (0, instants.count)
        while low < high {
            let middle = (low + high) / 2
            if instants[middle] <= limit { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// What a server says of itself, apart from any token.
package struct ServerObservation: Hashable, Sendable {
    /// The `Date` of an answer that came from the server now, and from no cache (RFC 9110 §6.6.1); nil: none was seen.
    package var date: Timestamp?
    /// Whether its metadata names a revocation endpoint; nil: it could not be read.
    package var namesRevocationEndpoint: Bool?
    /// Why there is no date, for people; never a secret.
    package var detail: String?

    package init(date: Timestamp? = nil, namesRevocationEndpoint: Bool? = nil, detail: String? = nil) {
        self.date = date
        self.namesRevocationEndpoint = namesRevocationEndpoint
        self.detail = detail
    }
}

/// How a server's clock agrees with ours, by the `Date` of one of its answers.
package enum ServerClock: Hashable, Sendable {
    case agrees
    /// So far ahead of ours, or behind it where negative.
    case skewed(by: Duration)
    /// No answer bore a `Date`, or none came.
    case unknown

    /// How far the two may be apart.
    package static let tolerance = Duration.minutes(5)

    /// `now` is our clock's time when the answer came.
    package init(date: Timestamp?, now: Timestamp) {
        guard let date else {
            self = .unknown
            return
        }
        let skew = date - now
        self = skew > Self.tolerance || skew < .zero - Self.tolerance ? .skewed(by: skew) : .agrees
    }
}

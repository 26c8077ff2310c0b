/// What runs and waits for one server, so that a slow one never holds up another.
final class Lane {
    let origin: String
    private(set) var active = 0
    /// Whether the server has last shown that one of its connections carries many requests at once.
    var isMultiplexed = false
    /// Whether its content codings are undone; not where it has named one that its body did not have, or an unknown one.
    var undoesCodings = true
    /// While set, nothing new starts, so that the running requests end and their connections with them.
    private(set) var drainDeadline: ContinuousClock.Instant?
    private let connections: Int
    private let streams: Int
    private var startedSinceFresh = 0
    /// The last drain: the next waits longer, since the connections come near the server's limit.
    private var hasGivenUp = false
    private var waiting: [UInt64] = []
    private var head = 0

    init(_ origin: String, _ options: CurlTransport.Options) {
        self.origin = origin
        connections = options.maximumConnectionsPerHost
        streams = max(options.maximumStreamsPerHost, options.maximumConnectionsPerHost)
    }

    /// Whether dropping the lane loses nothing; what is known of a server is worth a few bytes.
    var isForgettable: Bool { active == 0 && head == waiting.count && !isMultiplexed && undoesCodings }

    func enqueue(_ id: UInt64) {
        waiting.append(id)
    }

    private var hasRoom: Bool { drainDeadline == nil && active < (isMultiplexed ? streams : connections) }

    /// Whether who comes now may start at once: nobody waits, and there is room.
    var isFree: Bool { head == waiting.count && hasRoom }

    /// The next in turn, if there is one and room for it; it may have ended meanwhile.
    func dequeue() -> UInt64? {
        guard hasRoom, head < waiting.count else { return nil }
        let id = waiting[head]
        head += 1
        if head >= 64, head * 2 >= waiting.count {
            waiting.removeFirst(head)
            head = 0
        }
        return id
    }

    /// - Returns: whether the lane drains from here on.
    func started(now: ContinuousClock.Instant) -> Bool {
        active += 1
        startedSinceFresh += 1
        guard isMultiplexed, startedSinceFresh >= Self.requestsPerConnection else { return false }
        drainDeadline = now + (hasGivenUp ? Self.longDrain : Self.shortDrain)
        return true
    }

    func ended() {
        active -= 1
        guard active == 0, drainDeadline != nil else { return }
        drainDeadline = nil
        hasGivenUp = false
        startedSinceFresh = 0
    }

    /// One request that hangs must not keep the others waiting: the connections live on and drain later.
    func giveUpDraining() {
        drainDeadline = nil
        hasGivenUp = true
        startedSinceFresh = Self.requestsPerConnection / 2
    }

    // libcurl 7.88 resets every HTTP/2 stream that has ended well (http2_data_done takes a stream whose end it has
    // handled for an open one). Servers take many resets for an attack (CVE-2023-44487): nghttp2 ends a connection
    // after 1,000 of them, and with it all that is in flight.
    private static let requestsPerConnection = 500
    // Who waits meanwhile must have most of its own time left.
    private static let (shortDrain, longDrain) = (Duration.milliseconds(500), Duration.seconds(2))
}

import Grants

/// Plays the worker through the days of a world, with the pure core deciding and the oracle looking on.
struct Worker {
    let world: World
    let mutant: Mutant?
    var people: [Person]
    let server: Server
    var gateway: Gateway
    var referee: Referee
    let capabilities: ProviderCapabilities

    var stored: [Stored] = []
    /// Those that may be live; what has ended leaves at the next run.
    var live: [Int] = []
    var byID: [String: Int] = [:]
    var families: [[Int]] = []
    var feed: FeedRecord
    let feedSettings: FeedSettings
    /// Files that were refused, for a person to hand over again.
    var refused: [LogFile] = []
    var feedStandsSince: Int?
    var hold: String?
    /// First countable inactive answers: of which grant, when, and whether a person approved them.
    var firsts: [(index: Int, at: Timestamp, isApproved: Bool)] = []
    /// Their number, by day.
    var firstsOfDay: [Int64: Int] = [:]
    /// Ends by rule 4, since a creep was approved last.
    var goneEnds: [Timestamp] = []
    var heldSince = 0
    /// Lines that named no known grant.
    var unmapped: [Unmapped] = []
    /// Since when the present refresh canary is known to be active.
    var canarySeen: (made: Instant, at: Timestamp)?
    /// The longest lifetime of an access token that an answer told.
    var longestLifetime: Duration?
    /// Ends and quarantines for the valve: when, by the worker's clock, and whether they count.
    var ends: [(at: Timestamp, counts: Bool, isLive: Bool)] = []
    var mark: Timestamp
    var isFrozen = false
    /// Notices and quarantines that the sink has not acknowledged yet: since which day.
    var untold: [(index: Int, day: Int)] = []

    init(_ world: World, mutant: Mutant? = nil, only: [Int]? = nil, isTraced: Bool = false) {
        self.world = world
        self.mutant = mutant
        people = (0..<world.population).map { Person($0, of: world) }
        server = Server(world: world)
        gateway = Gateway(world)
        referee = Referee(world, only: only, isTraced: isTraced)
        capabilities = Core.capabilities(of: world)
        feed = FeedRecord(id: "gateway")
        var settings = FeedSettings(id: "gateway", covers: [.init(provider: Core.provider)])
        settings.late = .milliseconds(world.late)
        feedSettings = settings
        mark = Core.time(world.begins - Span.day)
        if let only {
            for index in people.indices where !only.contains(index) { people[index].consents = [] }
        }
    }

    /// A use that named no known grant.
    struct Unmapped {
        let name: LogLine.Name
        let client: ClientID?
        var first: Timestamp
        var last: Timestamp
    }

    /// What the worker takes for the time.
    func clock(at now: Instant) -> Timestamp { Core.time(now + world.clockOffset(at: now)) }

    mutating func play() {
        for day in 0..<world.days {
            let midnight = world.begins + Int64(day) * Span.day
            takeLog(at: midnight + 2 * Span.hour, day)
            rotate(at: midnight + 3 * Span.hour, day)
            revalidate(at: midnight + 3 * Span.hour + 30 * Span.minute, day)
            if world.runsTwice {
                rotate(at: midnight + 15 * Span.hour, day)
                revalidate(at: midnight + 15 * Span.hour + 30 * Span.minute, day)
            }
            if day % world.exportDays == 0 { takeExport(at: midnight + 22 * Span.hour, day) }
            if referee.failure != nil { return }
        }
    }
}

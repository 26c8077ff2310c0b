import Grants

/// What kind of world is played: who lives in it, how its server, its clocks and its logs behave, and what is configured.
///
/// Everything is drawn from the seed; a world with fewer grants or days is the same world without them.
struct World {
    /// What the authorization server does.
    enum Server: CaseIterable {
        case truthful
        /// A new refresh token with each access token; the old one is dead from then on.
        case rotating
        /// Calls a living refresh token inactive once its access token is over (Doorkeeper, Authlib's documented server).
        case doorkeeper
        /// For some days after a restart it knows only tokens made since, its canaries among them.
        case forgetting
        /// From a day on it calls every token of another client inactive.
        case blind
    }

    /// What the `Date` of its answers says.
    enum ServerDate: Hashable {
        case right
        case absent
        case skewed(Int64)
        /// Right on some days, absent on others.
        case sometimes
    }

    enum CanaryOwner { case none, ours, foreign }

    /// How lines of the log name what was used.
    enum Naming { case subject, grant, token }

    let seed: UInt64
    let number: Int
    /// Nothing in it excuses an end that does not come: liveness is asserted.
    let isOrdinary: Bool
    let begins: Instant
    var days: Int
    var population: Int

    // The server.
    var server: Server
    var tokenLifetime: Int64
    let date: ServerDate
    let clockIsTrusted: Bool
    /// From when until when it has forgotten, or is blind.
    let trouble: Range<Instant>
    let refreshCanary: CanaryOwner
    let accessCanary: CanaryOwner
    /// How many days the operator keeps a refresh canary before a new one is configured.
    let canaryDays: Int
    /// It takes a revocation with a 200 and revokes nothing.
    var revocationLies: Bool

    // The clocks.
    /// From these instants on the worker's clock is so far ahead of the true one.
    let clockSteps: [(from: Instant, offset: Int64)]
    /// How far the feed's clock is behind the true one.
    let feedLag: Int64

    // Exports and logs.
    let hasFeed: Bool
    /// Others than those that are looked at are in use every day, and keep the feed healthy.
    let isLively: Bool
    var naming: Naming
    let late: Int64
    var exportDays: Int
    var exportAge: Int64
    let exportTellsUse: Bool
    var successorsHaveNewIDs: Bool
    var garbles: Bool
    /// The gateway's files come days late, all at once.
    let breaksDown: Bool
    /// All of its grants are in use every day.
    var isDaily: Bool
    /// Many authorizations end by themselves on this day, and the policy changes; 0: they do not.
    var massEnd: Instant
    let decomposedPercent: Int
    var misnamedPercent: Int
    let refusedPercent: Int
    let gapPercent: Int
    let replayPercent: Int
    let deferredPercent: Int
    let strangerLines: Bool
    let strangersAreIgnored: Bool
    /// After how many days a person sees to a feed that stands still.
    var mendsAfter: Int

    // What is configured.
    var policy: PolicyValues
    /// Every five days the idle time is doubled, or set back.
    var wavers: Bool
    let total: Valve
    let runsTwice: Bool
    var isTold: Bool
    var acknowledgesAfter: Int
    let reachesSubject: Bool
    var canRevoke: Bool

    init(seed: UInt64, number: Int) {
        self.seed = seed
        self.number = number
        var draw = Draw(seed, number)
        let ordinary = draw.chance(40)
        isOrdinary = ordinary
        // A Monday, 2025-01-06.
        begins = 1_736_121_600_000
        days = draw.number(150...400)
        let drawn = draw.number(1...8)
        func odd(_ percent: Int) -> Bool { ordinary ? false : draw.chance(percent) }

        server =
            ordinary
            ? draw.one(of: [.truthful, .truthful, .rotating, .doorkeeper])
            : draw.one(of: Server.allCases)
        // Fewer than six that are forgotten at once look like any other six.
        population = server == .forgetting ? 8 : drawn
        let lifetime = draw.one(of: [Span.hour, 8 * Span.hour, Span.day, 14 * Span.day])
        tokenLifetime = server == .forgetting ? 14 * Span.day : lifetime
        isDaily = server == .rotating && !ordinary && draw.chance(40)
        massEnd = odd(12) ? begins + Int64(draw.number(60...140)) * Span.day : 0
        let dateKind = draw.number(0...9)
        let skew = draw.span(6 * Span.minute...9 * Span.day) * (draw.chance(50) ? 1 : -1)
        date =
            ordinary || massEnd > 0 || dateKind < 5
            ? .right : dateKind < 7 ? .absent : dateKind < 9 ? .sometimes : .skewed(skew)
        let troubleFrom = begins + Int64(draw.number(30...120)) * Span.day
        trouble = troubleFrom..<(troubleFrom + Int64(draw.number(1...4)) * Span.day)
        let owners: [CanaryOwner] = ordinary ? [.foreign] : [.none, .ours, .foreign, .foreign]
        refreshCanary = server == .blind ? .ours : server == .forgetting ? .foreign : draw.one(of: owners)
        accessCanary = server == .blind ? .ours : draw.one(of: owners)
        canaryDays = ordinary || server == .forgetting ? 1_000 : draw.one(of: [3, 40, 1_000])
        revocationLies = odd(10)

        var steps: [(from: Instant, offset: Int64)] = []
        if massEnd == 0, odd(45) {
            for _ in 0..<draw.number(1...5) {
                let at = begins + Int64(draw.number(20...days)) * Span.day + 1
                let by = draw.one(of: [
                    -30 * Span.day, -6 * Span.day, -4 * Span.minute, 4 * Span.day, 6 * Span.day, 40 * Span.day,
                ])
                steps += [(at, by), (at + Int64(draw.number(1...9)) * Span.day, 0)]
            }
            steps.sort { $0.from < $1.from }
        }
        // Without a `Date`, a clock ahead makes a young canary look old, and nothing could tell.
        // And a day that is not one hides how many were forgotten in it.
        if server == .forgetting { steps = [] }
        if server == .doorkeeper, date != .right { steps.removeAll { $0.offset > 5 * Span.minute } }
        clockSteps = steps
        clockIsTrusted = steps.isEmpty && date == .absent && draw.chance(50)
        feedLag = odd(30) ? draw.span(-4 * Span.minute...40 * Span.minute) : 0

        hasFeed = ordinary ? true : draw.chance(92)
        isLively = ordinary || draw.chance(90)
        // A token that was replaced before an export told of it is nobody's: such lines hold everything back.
        naming = draw.one(of: ordinary ? [.subject, .subject, .grant] : [.subject, .subject, .grant, .token])
        late = draw.one(of: [Span.hour, 6 * Span.hour])
        // A rotated token that is brought later than it takes to count as gone is beyond what anybody could tell.
        let isRotated = server == .rotating
        exportDays = ordinary || isRotated && !isDaily ? 1 : isDaily ? 4 : draw.one(of: [1, 1, 7])
        exportAge = exportDays == 1 && odd(20) && server != .rotating ? 2 * Span.day : 0
        exportTellsUse = draw.chance(50)
        // A family grows by a member with each of its refreshes.
        successorsHaveNewIDs = server == .rotating && tokenLifetime > Span.day && draw.chance(60)
        garbles = odd(18)
        breaksDown = odd(25)

        decomposedPercent = draw.chance(20) ? 50 : 0
        misnamedPercent = odd(8) ? 10 : 0
        refusedPercent = odd(25) ? 12 : 0
        gapPercent = odd(25) ? 10 : 0
        replayPercent = draw.chance(30) ? 20 : 0
        deferredPercent = draw.chance(50) ? 40 : 0
        strangerLines = draw.chance(30)
        strangersAreIgnored = ordinary || draw.chance(50)
        mendsAfter = ordinary ? 1 : draw.number(1...12)

        var policy = PolicyValues()
        policy.idleAfter = .days(Int64(draw.one(of: [14, 14, 14, 14, 30, 45, 60, 90])))
        policy.notice = .days(Int64(draw.one(of: [0, 3, 7, 7])))
        policy.quarantine = .days(Int64(draw.one(of: [0, 0, 1, 4])))
        policy.newGrantGrace = .days(Int64(draw.one(of: [0, 3, 14])))
        policy.maxLifetime = odd(40) ? .days(Int64(draw.one(of: [60, 120, 200]))) : nil
        policy.lifetimeNotice = .days(Int64(draw.one(of: [3, 7, 30])))
        policy.onScopeViolation = odd(60) ? .revoke : .alert
        policy.confirmAfter = draw.one(of: [.minutes(15), .minutes(15), .hours(36)])
        policy.revalidateEvery = draw.one(of: [.hours(24), .hours(24), .days(7)])
        if server == .forgetting {
            // All are asked, and those of a day known, before the first is confirmed.
            policy.idleAfter = .days(90)
            policy.maxLifetime = nil
            policy.revalidateEvery = .hours(12)
            policy.confirmAfter = .hours(36)
        }
        if massEnd > 0 {
            policy.onScopeViolation = .revoke
            policy.notice = .zero
        }
        policy.valve.count = massEnd > 0 ? 10 : draw.one(of: [0, 1, 10])
        Core.configure(&policy, enforcesOwnEnd: odd(40))
        self.policy = policy
        wavers = odd(80) && server != .forgetting
        var total = Valve.total
        total.count = massEnd > 0 ? 50 : draw.one(of: [0, 2, 50])
        self.total = total
        runsTwice = draw.chance(40) || server == .forgetting
        isTold = ordinary || draw.chance(92)
        acknowledgesAfter = odd(30) ? draw.number(1...5) : 0
        reachesSubject = draw.chance(50)
        canRevoke = ordinary || draw.chance(95)
    }

    /// The policy that is in force.
    func policy(at instant: Instant) -> PolicyValues {
        guard wavers, instant / (5 * Span.day) % 2 == 1 else { return policy }
        var policy = policy
        policy.idleAfter = policy.idleAfter * 2
        return policy
    }

    /// How far ahead of the true time the worker's clock is.
    func clockOffset(at instant: Instant) -> Int64 { clockSteps.last { $0.from <= instant }?.offset ?? 0 }

    /// What the server's `Date` says; nil: it sends none.
    func serverDate(at instant: Instant) -> Instant? {
        switch date {
        case .right: instant
        case .absent: nil
        case .skewed(let skew): instant + skew
        case .sometimes: (instant / Span.day) % 3 == 0 ? nil : instant
        }
    }
}

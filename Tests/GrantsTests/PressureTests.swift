import Grants
import Testing

/// What is known of a provider under pressure, as values.
@Suite struct PressureTests {
    private let now = Timestamp(milliseconds: 1_790_000_000_000)

    struct Outlook: Sendable {
        var due = 0
        var limit = 5
        var measured: Double?
        var demand: [RevalidationForecast.Demand] = []
        var seconds: Int64 = 0
        var late = 0.0
        var words = ""

        static let table: [Outlook] = [
            .init(words: "0 s at 5 requests/s"),
            .init(due: 1, seconds: 1, words: "1 s at 5 requests/s"),
            .init(due: 300, seconds: 60, words: "1 min at 5 requests/s"),
            .init(due: 301, seconds: 61, words: "2 min at 5 requests/s"),
            .init(
                due: 57_000,
                demand: [.init(grants: 700_000, every: .days(1))],
                seconds: 11_400,
                late: 0.383,
                words: "3 h 10 min at 5 requests/s; 38 % will not be asked within their interval"
            ),
            .init(due: 10, measured: 2.5, seconds: 4, words: "4 s at 2.5 requests/s"),
            .init(due: 10, measured: 50, seconds: 2, words: "2 s at 5 requests/s"),
            .init(due: 10, measured: 0, seconds: 2, words: "2 s at 5 requests/s"),
            .init(due: 10, measured: .nan, seconds: 2, words: "2 s at 5 requests/s"),
            .init(
                limit: 1,
                demand: [.init(grants: 3_600, every: .hours(1)), .init(grants: 86_400, every: .days(1))],
                late: 0.5,
                words: "0 s at 1 requests/s; 50 % will not be asked within their interval"
            ),
            .init(
                limit: 1_000,
                demand: [.init(grants: 1_004, every: .seconds(1))],
                late: 0.004,
                words: "0 s at 1000 requests/s; less than 1 % will not be asked within their interval"
            ),
            .init(due: 1_000_000, limit: 1, seconds: 1_000_000, words: "11 d 13 h at 1 requests/s"),
            .init(due: -1, limit: 0, demand: [.init(grants: -5, every: .zero)], words: "0 s at 1 requests/s"),
        ]
    }

    @Test(arguments: Outlook.table)
    func `a forecast says how long, and who comes too late`(outlook: Outlook) {
        let forecast = RevalidationForecast(
            provider: "idp",
            due: outlook.due,
            limit: outlook.limit,
            measured: outlook.measured,
            demand: outlook.demand
        )
        #expect(forecast.seconds == outlook.seconds)
        #expect(forecast.lateShare == outlook.late)
        #expect(forecast.words == outlook.words)
        #expect(forecast.isWorthTelling == (outlook.seconds > 60 || outlook.late > 0))
    }

    @Test(arguments: [
        (Duration.minutes(15), 1_000_000, 20_834), (.minutes(15), 100, 500), (.days(1), 1_000_000, 2_000_000),
        (.zero, 1_000_000, 500), (.days(40_000_000), .max, 1_000_000_000_000_000),
    ])
    func `a scheduled run asks at most twice its share, and at least a batch`(
        cadence: Duration,
        live: Int,
        questions: Int
    ) {
        let budget = QuestionBudget(lastRun: nil, now: now, cadence: cadence)
        let allowed = budget.questions(live: live, every: .days(1), batch: 500)
        #expect(abs(allowed - questions) <= 1)
    }

    @Test(arguments: [
        (Duration.minutes(15), Duration.minutes(15)), (.minutes(20), .minutes(20)), (.days(9), .minutes(30)),
        (.minutes(-5), .minutes(15)),
    ])
    func `a long stop, or a clock set back, gives no larger share`(elapsed: Duration, period: Duration) {
        #expect(QuestionBudget(lastRun: now - elapsed, now: now, cadence: .minutes(15)).period == period)
    }

    @Test func `a breaker waits longer and longer, up to a quarter of an hour, and as long as the server wants`() {
        var record: BreakerRecord?
        var clock = now
        for least in [30, 60, 120, 240, 480, 900, 900, 900] as [Int64] {
            let next = BreakerRecord.opened(after: record, of: "idp", at: clock, because: .timeout)
            let wait = next.retryAt - clock
            #expect(wait >= .seconds(least) && wait <= .seconds(least) + .seconds(least) / 10)
            #expect(!next.mayTry(at: clock) && !next.mayTry(at: next.retryAt - .milliseconds(1)))
            #expect(next.mayTry(at: next.retryAt))
            #expect(next.openedAt == now && next.lastError == "timeout")
            (record, clock) = (next, next.retryAt)
        }
        let told = BreakerRecord.opened(after: nil, of: "idp", at: now, because: .rateLimited, retryAfter: .minutes(40))
        #expect(told.retryAt == now + .minutes(40))
        let absurd = BreakerRecord.opened(after: nil, of: "idp", at: now, because: .rateLimited, retryAfter: .days(40))
        #expect(absurd.retryAt == now + .hours(1))
    }

    @Test func `a breaker that a clock ahead of time left behind does not hold`() {
        let ahead = BreakerRecord.opened(after: nil, of: "idp", at: now + .days(3), because: .timeout)
        #expect(ahead.mayTry(at: now))
    }

    @Test func `100,000 grants that came together are asked evenly from the second interval on`() {
        let every = PolicyValues().revalidateEvery
        var hours: [Int64: Int] = [:]
        for number in 0..<100_000 {
            var grant = Grant(
                key: .init(provider: "idp", id: "g-\(number)"),
                tenant: "acme",
                client: "portal",
                scopes: ScopeSet(["a"]),
                issuedAt: now
            )
            grant.holdsRefreshToken = true
            var asked = now
            while asked < now + .days(4) {
                if asked >= now + .days(1) {
                    hours[(asked - now).milliseconds / 3_600_000, default: 0] += 1
                }
                grant.validity.record(.active, at: asked)
                let planner = Planner(policy: PolicyValues(), now: asked)
                guard let next = planner.questionDue(grant, context: PlanningContext()) else { break }
                if next > asked + every || next < asked + every / 2 {
                    Issue.record("\(next - asked)")
                    return
                }
                asked = next
            }
        }
        let mean = hours.values.reduce(0, +) / 72
        #expect(hours.count == 72 && mean > 4_000)
        #expect(hours.values.allSatisfy { $0 < 2 * mean && 2 * $0 > mean })
    }

    @Test(arguments: [Duration.milliseconds(1), .milliseconds(3), .days(90), .milliseconds(Int64.max)])
    func `any interval has its instants`(every: Duration) {
        var policy = PolicyValues()
        policy.revalidateEvery = every
        var grant = Grant(
            key: .init(provider: "idp", id: "g"),
            tenant: "acme",
            client: "portal",
            scopes: ScopeSet(["a"]),
            issuedAt: now
        )
        grant.holdsRefreshToken = true
        grant.validity.record(.active, at: now)
        let next = Planner(policy: policy, now: now).questionDue(grant, context: PlanningContext())
        #expect(next.map { $0 > now && $0 <= now + every } == true)
    }
}

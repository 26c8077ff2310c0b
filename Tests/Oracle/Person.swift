import Grants

/// A grant of a world as it is recorded, and what is true of it.
struct Person {
    /// What the record says of the authorization's own end.
    enum OwnEnd {
        case none
        /// The server does end it then.
        case atServer(Instant)
        /// Each export tells the end of the access token in its place.
        case tokens
        /// Year 1, or before the consent: a record of an older version.
        case nonsense(Instant)
    }

    let number: Int
    let subject: Int
    let client: Int
    let ownEnd: OwnEnd
    /// The record has an access token alone, though there is a refresh token that nobody told of.
    let hidesRefreshToken: Bool
    /// The record has no token at all.
    let hidesTokens: Bool
    /// Its access token's end is told.
    let tellsTokenEnd: Bool
    let isOurs: Bool
    /// Its lines cannot be read: the gateway writes its name in an escape of its own.
    let isUnreadable: Bool
    var exempt: Range<Instant>?
    /// The stretch in which the policy does not allow its scopes; nil: it always does.
    let outside: Range<Instant>?
    /// In that stretch the policy changes back and forth, so often; 0: it stays.
    let changesPolicy: Int64
    /// The consents, one after another; a re-consent is another one.
    var consents: [Consent]
    /// A re-consent that follows an end by the worker is recorded under a new id.
    let renamesReconsent: Bool

    init(_ number: Int, of world: World) {
        var draw = Draw(world.seed, world.number, number)
        self.number = number
        // One subject with several grants.
        subject = number > 0 && draw.chance(20) ? number - 1 : number
        client = draw.chance(80) ? 0 : 1
        let last = world.begins + Int64(world.days) * Span.day
        // A new subject between two exports, or one from before the store was made.
        let isForgotten = world.server == .forgetting
        let given =
            isForgotten || draw.chance(60)
            ? world.begins - draw.span(0...300 * Span.day)
            : world.begins + draw.span(0...100 * Span.day)
        let isAccessTokenOnly = !isForgotten && draw.chance(15)
        let isService = draw.chance(15) || world.isDaily
        let ends = draw.chance(70) && !isForgotten ? max(given + Span.day, draw.span(world.begins...last)) : Instant.max
        let idle = world.policy.idleAfter.milliseconds
        let announced = (world.policy.notice + world.policy.quarantine).milliseconds
        var uses: [Instant] = []
        var day = max(given, world.begins - 100 * Span.day) / Span.day * Span.day
        let percent = draw.one(of: isForgotten ? [100, 60, 20] : [100, 40, 10, 5])
        // Uses stop for good, or for about as long as it takes to be announced.
        let pauses = draw.chance(85) && !world.isDaily
        var pauseFrom = max(given, world.begins) + draw.span(0...80 * Span.day)
        if isForgotten { pauseFrom = world.trouble.upperBound + draw.span(0...80 * Span.day) }
        var pauseUntil =
            draw.chance(25)
            ? Instant.max : pauseFrom + idle + draw.span(-2 * Span.day...(announced + 3 * Span.day))
        while day < last {
            let isWeekend = ((day / Span.day) + 3) % 7 >= 5
            if isService || (!isWeekend && draw.chance(percent)) {
                let begin = day + (isService ? 0 : 8 * Span.hour)
                for _ in 0..<draw.number(1...2) { uses.append(begin + draw.span(0...15 * Span.hour)) }
            }
            day += Span.day
            if pauses, day >= pauseFrom {
                if pauseUntil == .max { break }
                day = max(day, pauseUntil / Span.day * Span.day)
                pauseFrom = day + draw.span(10 * Span.day...60 * Span.day)
                pauseUntil = pauseFrom + idle + draw.span(-2 * Span.day...(announced + 3 * Span.day))
            }
        }
        uses = uses.filter { $0 > given }.sorted()
        let endDraw = draw.number(0...9)
        let endsTogether = world.massEnd > given + Span.day && draw.chance(60)
        let ownEndAt = given + draw.span(50 * Span.day...400 * Span.day)
        switch isForgotten ? 9 : endDraw {
        case _ where endsTogether: ownEnd = .atServer(world.massEnd + draw.span(0...6 * Span.hour))
        case 0, 1: ownEnd = .atServer(ownEndAt)
        case 2: ownEnd = world.isOrdinary ? .none : .tokens
        case 3:
            let never: Instant = draw.chance(50) ? -62_135_596_800_000 : given - draw.span(Span.day...Span.day * 100)
            ownEnd = .nonsense(never)
        default: ownEnd = .none
        }
        var end = ends
        if case .atServer(let at) = ownEnd { end = min(end, at) }
        let lifetime = isAccessTokenOnly ? draw.span(40 * Span.day...300 * Span.day) : world.tokenLifetime
        let first = Consent(
            subject: subject,
            client: client,
            givenAt: given,
            tokenLifetime: lifetime,
            isAccessTokenOnly: isAccessTokenOnly,
            intended: uses,
            endedAt: end
        )
        consents = [first]
        // A re-consent some days after the server ended it.
        if first.endedAt < last, draw.chance(50) {
            let given = first.endedAt + draw.span(Span.hour...30 * Span.day)
            let end = draw.chance(50) ? given + draw.span(10 * Span.day...100 * Span.day) : Instant.max
            consents.append(first.again(at: given, until: end))
        }
        hidesRefreshToken = !isAccessTokenOnly && !world.isOrdinary && !isForgotten && draw.chance(10)
        hidesTokens = !world.isOrdinary && !isForgotten && draw.chance(8)
        tellsTokenEnd = draw.chance(70)
        isOurs = draw.chance(4)
        isUnreadable = world.garbles && draw.chance(30)
        exempt = draw.chance(12) ? Self.stretch(world, &draw) : nil
        let stretch = draw.chance(40) && !isForgotten ? Self.stretch(world, &draw) : nil
        outside = world.massEnd > 0 ? world.massEnd..<(world.massEnd + 30 * Span.day) : stretch
        changesPolicy = world.massEnd == 0 && draw.chance(85) ? draw.span(3 * Span.day...15 * Span.day) : 0
        // Known: a line that names a subject whose grants have all ended is a use of those, and not of the grant that
        // only a later export tells of.
        renamesReconsent = world.naming != .subject && draw.chance(50)
    }

    private static func stretch(_ world: World, _ draw: inout Draw) -> Range<Instant> {
        let from = world.begins + draw.span(0...Int64(world.days) * Span.day)
        return from..<(from + draw.span(Span.day...(draw.chance(50) ? 10 : 90) * Span.day))
    }

    /// Whether the policy does not allow its scopes now.
    func isOutside(at now: Instant) -> Bool {
        guard let outside, outside.contains(now) else { return false }
        return changesPolicy == 0 || (now - outside.lowerBound) / changesPolicy % 2 == 0
    }

    /// The consent that holds, or held last, at that instant; nil: none was given yet.
    func consent(at instant: Instant) -> Int? { consents.lastIndex { $0.givenAt <= instant } }
}

extension Consent {
    /// The same subject consents once more, with the uses that are still to come.
    func again(at instant: Instant, until end: Instant = .max) -> Consent {
        Consent(
            subject: subject,
            client: client,
            givenAt: instant,
            tokenLifetime: tokenLifetime,
            isAccessTokenOnly: isAccessTokenOnly,
            intended: intended.filter { $0 > instant },
            endedAt: end
        )
    }
}

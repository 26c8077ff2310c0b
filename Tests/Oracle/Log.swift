/// One line of the gateway's log, as the worker reads it.
struct LogLine {
    enum Name: Hashable {
        case grant(person: Int, consent: Int)
        case token(person: Int, consent: Int, token: Int)
        case subject(client: Int, subject: Int)
        /// Somebody of whom no export will tell.
        case stranger(client: Int, subject: Int)
    }

    /// Subjects from this number on are spelt wrong.
    static let misnamed = 2_000

    /// By the feed's clock.
    let at: Instant
    let name: Name
    let isReadable: Bool
    /// Spelt in another Unicode form than the record.
    let isDecomposed: Bool
    let isRefused: Bool
    /// Of the true use it tells; for the oracle alone.
    let person: Int
    let trulyAt: Instant
}

/// A day's file.
struct LogFile {
    var lines: [LogLine] = []
    /// The feed's word at its end, by its own clock; nil: none.
    var observedUntil: Instant?
    /// The observation was broken off, and begins anew here.
    var beginsAnew: Instant?
    /// It is refused as a whole: compressed twice, or in another encoding.
    var isRefused = false
    /// It is taken in for its uses alone.
    var isBackfill = false
}

/// The gateway: writes what truly happened into a log, as well as it can.
struct Gateway {
    let world: World
    private var waiting: [LogLine] = []
    private var last: [LogLine] = []
    private var writtenUntil: Instant
    /// The day on which it hands over files again.
    private var downUntil = 0

    init(_ world: World) {
        self.world = world
        writtenUntil = world.begins - 1
    }

    /// The file that is handed over at `now` (true time); nil: the gateway is down, and its lines come later.
    mutating func file(at now: Instant, _ people: [Person], day: Int) -> LogFile? {
        var draw = Draw(world.seed, world.number, -1, day)
        if world.breaksDown {
            if downUntil < day, draw.chance(3) { downUntil = day + draw.number(2...12) }
            if day < downUntil { return nil }
        }
        var file = LogFile()
        let word = now - world.feedLag
        let gap = draw.chance(world.gapPercent)
        var fresh = waiting
        waiting = []
        for person in people {
            for (index, consent) in person.consents.enumerated() {
                let from = Consent.count(consent.intended, upTo: writtenUntil)
                let to = Consent.count(consent.intended, upTo: min(now, consent.endedAt - 1))
                guard from < to else { continue }
                for position in from..<to where consent.intended[position] >= consent.givenAt {
                    fresh.append(line(of: consent.intended[position], person, index))
                }
            }
        }
        if world.strangerLines, day % 3 == 0 {
            let at = now - Span.hour * 2 - world.feedLag
            fresh.append(
                LogLine(
                    at: at,
                    name: .stranger(client: day % 2, subject: 1_000 + day % 5),
                    isReadable: true,
                    isDecomposed: false,
                    isRefused: false,
                    person: -1,
                    trulyAt: at
                )
            )
        }
        writtenUntil = now
        if gap {
            // Two days are lost, and the gateway says so.
            let lost = now - 36 * Span.hour - world.feedLag
            fresh.removeAll { $0.at >= lost }
            file.beginsAnew = word
        }
        for line in fresh {
            // A late line comes with the next file, if the feed's word does not cover it.
            if line.at > word - world.late, draw.chance(world.deferredPercent) {
                waiting.append(line)
            } else {
                file.lines.append(line)
            }
        }
        if draw.chance(world.replayPercent) { file.lines += last }
        last = Array(file.lines.suffix(50))
        file.observedUntil = word
        file.isRefused = draw.chance(world.refusedPercent)
        return file
    }

    private func line(of use: Instant, _ person: Person, _ consent: Int) -> LogLine {
        var draw = Draw(world.seed, world.number, person.number, Int(use))
        let isReadable = !person.isUnreadable
        let isDecomposed = draw.chance(world.decomposedPercent)
        let isMisnamed = draw.chance(world.misnamedPercent)
        let name: LogLine.Name =
            switch world.naming {
            case _ where isMisnamed: .stranger(client: person.client, subject: LogLine.misnamed + person.subject)
            case .subject: .subject(client: person.client, subject: person.subject)
            case .grant: .grant(person: person.number, consent: consent)
            case .token:
                .token(person: person.number, consent: consent, token: person.consents[consent].token(at: use))
            }
        return LogLine(
            at: use - world.feedLag,
            name: name,
            isReadable: isReadable,
            isDecomposed: isDecomposed,
            isRefused: draw.chance(5),
            person: person.number,
            trulyAt: use
        )
    }
}

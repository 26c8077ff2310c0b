import Grants

extension Worker {
    /// The day's file of the gateway, and what a person does where the feed stands still.
    mutating func takeLog(at now: Instant, _ day: Int) {
        guard world.hasFeed else { return }
        if let file = gateway.file(at: now, people, day: day) { ingest(file, at: now, day) }
        if referee.isTraced, feed.isStale || feed.unreadable > 0 || !feed.unmappedUses.isEmpty {
            let stands = feed.unmappedUses.map { "\($0.client?.rawValue ?? "any") since \($0.first)" }
            let until = feed.window.map { "\($0.from) to \($0.until)" } ?? "nothing"
            referee.note(now, "  feed: \(until), \(feed.unreadable) unreadable, \(stands)")
        }
        guard feed.isStale || !refused.isEmpty || !unmapped.isEmpty else {
            feedStandsSince = nil
            return
        }
        let since = feedStandsSince ?? day
        feedStandsSince = since
        guard day - since >= world.mendsAfter, world.clockOffset(at: now) == 0 else { return }
        feedStandsSince = nil
        mend(at: now, day)
    }

    /// What could not be read comes once more, readable this time; then a person vouches for the feed.
    private mutating func mend(at now: Instant, _ day: Int) {
        for var again in refused {
            again.isRefused = false
            again.isBackfill = true
            ingest(again, at: now, day)
        }
        refused = []
        let until = feed.accept(until: nil)
        // Of those that are still unmapped the person knows that no grant is meant.
        unmapped = unmapped.filter { use in !isTrulyNobody(use.name, at: now) || until.map { use.last > $0 } == true }
        if let until { referee.note(now, "a person accepted the feed until \(until)") }
        readStandstills()
    }

    /// Whether no living grant can be meant.
    private func isTrulyNobody(_ name: LogLine.Name, at now: Instant) -> Bool {
        switch name {
        case .stranger(_, let subject): subject < LogLine.misnamed
        case .grant(let person, let consent), .token(let person, let consent, _):
            !people[person].consents[consent].isAlive(at: now)
                && !stored.contains {
                    $0.person == person && $0.consent == consent && $0.grant.standing.isLive
                }
        case .subject(let client, let subject):
            !people.contains { person in
                person.client == client && person.subject == subject
                    && person.consents.contains { $0.isAlive(at: now) }
            }
        }
    }

    private mutating func ingest(_ file: LogFile, at now: Instant, _ day: Int) {
        let clock = clock(at: now)
        if file.isRefused {
            referee.note(now, "a day's file was refused")
            // What nobody counts nobody hands over again.
            guard mutant != .forgetsRefusedFiles, mutant != .skipsUnreadableLines else { return }
            refused.append(file)
            countUnreadable(clock)
            return
        }
        // Others are in use, too; on a weekend fewer.
        if world.isLively, !file.isBackfill { feed.count(isMapped: true, times: day % 7 >= 5 ? 12 : 30) }
        var unread = LogFile()
        for line in file.lines {
            if !line.isReadable, !file.isBackfill {
                guard mutant != .skipsUnreadableLines else { continue }
                countUnreadable(clock)
                unread.lines.append(line)
                continue
            }
            if line.isDecomposed, mutant == .dropsDecomposedLines { continue }
            enter(line, isBackfill: file.isBackfill, at: now, clock)
        }
        if !unread.lines.isEmpty { refused.append(unread) }
        readStandstills()
        if file.isBackfill { return }
        if let anew = file.beginsAnew, mutant != .ignoresGaps {
            // A word about the future is refused, and counts as unreadable.
            if Core.time(anew) <= clock + .minutes(5) {
                feed.begin(from: min(Core.time(anew), clock))
            } else {
                refused.append(file)
                countUnreadable(clock)
            }
        }
        if let word = file.observedUntil {
            // Ahead of the worker's clock it is refused, and counts as unreadable.
            // The uses before it counted as now: a person who sets the clock right hands the file over again.
            guard Core.time(word) <= clock + .minutes(5) else {
                refused.append(file)
                return countUnreadable(clock)
            }
            _ = feed.move(to: min(Core.time(word), clock) - feedSettings.late, feedSettings)
        }
    }

    private mutating func countUnreadable(_ clock: Timestamp) {
        feed.countUnreadable(1, first: .init(place: "log", problem: "unreadable", sample: nil, readAt: clock))
    }

    private mutating func enter(_ line: LogLine, isBackfill: Bool, at now: Instant, _ clock: Timestamp) {
        let at = min(Core.time(line.at), clock)
        let named = indices(of: line.name)
        guard !named.isEmpty else { return keepUnmapped(line, at, isBackfill) }
        if !isBackfill { feed.count(isMapped: true) }
        var check = FeedWordCheck(first: at, last: at, observedUntil: feed.window?.until)
        for index in named {
            check.hear(issuedAt: stored[index].grant.issuedAt, lastUsedAt: stored[index].grant.lastUsedAt)
            stored[index].grant.lastUsedAt = later(stored[index].grant.lastUsedAt, at)
            if stored[index].grant.standing.isLive { noteUse(index, clock) }
        }
        if !isBackfill, check.breach != nil { countUnreadable(clock) }
        resurface(named, line, at)
        referee.delivered(line, named, stored, at: now)
    }

    /// A use of an ended grant is a sign of life, unless another grant of the subject may be meant.
    private mutating func resurface(_ named: [Int], _ line: LogLine, _ at: Timestamp) {
        guard mutant != .dropsLifeAfterAnEnd, LifeAfterEnd.isVital(status: line.isRefused ? 403 : 200) else { return }
        if case .subject = line.name, named.contains(where: { stored[$0].grant.standing.isLive }) { return }
        for index in named
        where LifeAfterEnd.resurfaces(
            stored[index].grant,
            endedAt: stored[index].endedAt,
            signAt: at,
            late: feedSettings.late
        ) {
            stored[index].grant.resurfacedAt = at
        }
    }

    private mutating func keepUnmapped(_ line: LogLine, _ at: Timestamp, _ isBackfill: Bool) {
        let number: Int?
        switch line.name {
        case .stranger(let named, let subject):
            if subject < LogLine.misnamed, world.strangersAreIgnored { return }
            number = named
        case .subject(let named, _): number = named
        case .grant, .token: number = nil
        }
        if !isBackfill, number.map({ client in !stored.contains { people[$0.person].client == client } }) ?? true {
            feed.count(isMapped: false)
        }
        let client = number.map { Core.clients[$0] }
        if let known = unmapped.firstIndex(where: { $0.name == line.name }) {
            unmapped[known].first = min(unmapped[known].first, at)
            unmapped[known].last = max(unmapped[known].last, at)
        } else {
            unmapped.append(Unmapped(name: line.name, client: client, first: at, last: at))
        }
    }

    /// What the store makes of the kept lines: one standstill for each client, and one for those of any client.
    mutating func readStandstills() {
        var found: [UnmappedUses] = []
        for use in unmapped where mutant != .forgetsUnmappedLines {
            if let known = found.firstIndex(where: { $0.client == use.client }) {
                found[known].first = min(found[known].first, use.first)
                found[known].last = max(found[known].last, use.last)
                found[known].names += 1
            } else {
                found.append(
                    UnmappedUses(provider: nil, client: use.client, first: use.first, last: use.last, names: 1)
                )
            }
        }
        feed.unmappedUses = found
    }

    func indices(of name: LogLine.Name) -> [Int] {
        switch name {
        case .stranger: []
        case .grant(let person, let consent):
            stored.indices.filter { stored[$0].person == person && stored[$0].consent == consent }
        case .token(let person, let consent, let token):
            stored.indices.filter { index in
                stored[index].person == person
                    && stored[index].hadTokens.contains { $0.consent == consent && $0.token == token }
            }
        case .subject(let client, let subject):
            stored.indices.filter {
                people[stored[$0].person].client == client && people[stored[$0].person].subject == subject
            }
        }
    }
}

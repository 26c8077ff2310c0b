import Grants

extension Worker {
    /// The day's file of the gateway, and what a person does where the feed stands still.
    mutating func takeLog(at now: Instant, _ day: Int) {
        guard world.hasFeed else { return }
        let file = gateway.file(at: now, people, day: day)
        ingest(file, at: now)
        guard feed.isStale || !refused.isEmpty else {
            feedStandsSince = nil
            return
        }
        let since = feedStandsSince ?? day
        feedStandsSince = since
        guard day - since >= world.mendsAfter else { return }
        // The refused days again, readable this time; then the feed's word is taken up to now.
        for var again in refused {
            again.isRefused = false
            again.isBackfill = true
            ingest(again, at: now)
        }
        refused = []
        feedStandsSince = nil
        let word = min(Core.time(now - world.feedLag - world.late), clock(at: now))
        _ = feed.move(to: word, feedSettings, isAccepted: true)
        referee.note(now, "a person accepted the feed until \(word)")
    }

    private mutating func ingest(_ file: LogFile, at now: Instant) {
        let clock = clock(at: now)
        if file.isRefused {
            referee.note(now, "a day's file was refused")
            refused.append(file)
            return
        }
        if world.isLively, !file.isBackfill { feed.count(isMapped: true, times: 30) }
        for line in file.lines {
            guard line.isReadable || file.isBackfill else { continue }
            let at = min(Core.time(line.at), clock)
            let named = indices(of: line.name)
            guard !named.isEmpty else {
                if case .stranger(_, let subject) = line.name, subject < 2_000, world.strangersAreIgnored { continue }
                if !file.isBackfill { feed.count(isMapped: false) }
                continue
            }
            if !file.isBackfill { feed.count(isMapped: true) }
            for index in named {
                if stored[index].grant.standing.isLive {
                    stored[index].grant.lastUsedAt = later(stored[index].grant.lastUsedAt, at)
                    noteUse(index, clock)
                } else {
                    stored[index].grant.lastUsedAt = later(stored[index].grant.lastUsedAt, at)
                    notice(index, line, at, named, clock)
                }
            }
            referee.delivered(line, named, stored, at: now, late: world.late)
        }
        if file.isBackfill { return }
        if let anew = file.beginsAnew { feed.begin(from: Core.time(anew)) }
        if let word = file.observedUntil {
            // Ahead of the worker's clock it is refused.
            guard Core.time(word) <= clock + .minutes(5) else { return }
            let until = min(Core.time(word), clock) - feedSettings.late
            _ = feed.move(to: until, feedSettings)
        }
    }

    /// A use of an ended grant.
    private mutating func notice(_ index: Int, _ line: LogLine, _ at: Timestamp, _ named: [Int], _ clock: Timestamp) {}

    private func indices(of name: LogLine.Name) -> [Int] {
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

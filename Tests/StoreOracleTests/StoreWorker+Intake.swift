import Grants
import RotationWorker

@testable import oracle

/// The day's log, as bytes that the real intake reads, and what a person does where its feed stands still.
extension StoreWorker {
    /// The day's file of the gateway, and what a person does where the feed stands still.
    mutating func takeLog(_ day: Int) async throws {
        guard world.hasFeed else { return }
        if let file = gateway.file(at: clock.truth, installation.events.people, day: day) {
            try await ingest(file, day)
        }
        let feed = try await feed()
        guard feed?.isStale == true || !person.refused.isEmpty || feed?.unmappedUses.isEmpty == false else {
            person.standsSince = nil
            return
        }
        let since = person.standsSince ?? day
        person.standsSince = since
        guard day - since >= world.mendsAfter, clock.offset == 0 else { return }
        person.standsSince = nil
        try await mend(day)
    }

    private func feed() async throws -> FeedRecord? {
        try await installation.environment.store.read { try $0.feeds()[Installation.feed] }
    }

    /// What could not be read comes once more, readable this time; then a person vouches for the feed, unless a line may
    /// be a living grant's.
    private mutating func mend(_ day: Int) async throws {
        for var again in person.refused {
            again.isRefused = false
            again.isBackfill = true
            try await ingest(again, day)
        }
        person.refused = []
        let (now, people) = (clock.truth, installation.events.people)
        guard person.unmapped.allSatisfy({ isNobody($0, people, at: now) }) else { return }
        guard let feed = try await feed() else { return }
        do {
            // Without a word that was refused, the person names how far the feed has observed anyway.
            let record = try await UsageIngest(installation.environment).accept(
                Installation.feed,
                until: feed.refusedWords.isEmpty ? feed.window?.until : nil,
                reason: "looked at"
            )
            person.mayMove = true
            person.unmapped = person.unmapped.filter { Core.time($0.at) > record.window?.until ?? .distantPast }
            watch.count("feed accepted")
            watch.note("the feed was accepted until \(record.window.map { "\($0.until)" } ?? "nothing")")
        } catch let error as StoreError where error.code == .conflict {
            watch.note("nothing to accept")
        }
    }

    /// Whether no living grant can be meant.
    private func isNobody(_ line: LogLine, _ people: [Person], at now: Instant) -> Bool {
        switch line.name {
        case .stranger(_, let subject): return subject < LogLine.misnamed
        case .grant(let person, let consent), .token(let person, let consent, _):
            return !people[person].consents[consent].isAlive(at: now)
        case .subject(let client, let subject):
            return !people.contains { person in
                person.client == client && person.subject == subject
                    && person.consents.contains { $0.isAlive(at: now) }
            }
        }
    }

    private mutating func ingest(_ file: LogFile, _ day: Int) async throws {
        let people = installation.events.people
        let before = try await feed()
        var lines: [String] = []
        // Others are in use, too; on a weekend fewer.
        if world.isLively, !file.isBackfill {
            let at = clock.truth - 3 * Span.hour - max(0, world.feedLag)
            let line = #"{"feed":"gateway","at":"\#(Core.time(at))","grant":"g-lively","provider":"other"}"#
            lines += Array(repeating: line, count: day % 7 >= 5 ? 12 : 30)
        }
        if let anew = file.beginsAnew, !file.isBackfill {
            lines.append(#"{"feed":"gateway","observed_from":"\#(Core.time(anew))"}"#)
        }
        lines += file.lines.map { self.line($0, people, isReadable: $0.isReadable || file.isBackfill) }
        if let word = file.observedUntil, !file.isBackfill {
            lines.append(#"{"feed":"gateway","observed_until":"\#(Core.time(word))"}"#)
        }
        let text = lines.map { $0 + "\n" }.joined()
        let bytes = file.isRefused ? text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] } : Array(text.utf8)
        let report = try await installation.ingest(bytes, isBackfill: file.isBackfill)
        let latest = Core.time(clock.truth + clock.offset + 5 * Span.minute)
        let isFuture = [file.observedUntil, file.beginsAnew].contains { $0.map { Core.time($0) > latest } ?? false }
        let hasUnread = !file.isBackfill && file.lines.contains { !$0.isReadable }
        if file.isRefused || (isFuture && !file.isBackfill) {
            person.refused.append(file)
        } else if hasUnread {
            var unread = LogFile()
            unread.lines = file.lines.filter { !$0.isReadable }
            person.refused.append(unread)
        }
        try await judgeFeed(file, before, hasUnread: hasUnread, report)
        if !file.isRefused { try await judgeDelivered(file, people) }
    }

    /// (j) A refused file moves no feed, and neither does what comes after a line that could not be read.
    private mutating func judgeFeed(
        _ file: LogFile,
        _ before: FeedRecord?,
        hasUnread: Bool,
        _ report: UsageIngest.Report
    ) async throws {
        let after = try await feed()
        // Its first word begins a window, and says nothing of what was before.
        let hasMoved = before?.window != nil && after?.window?.until != before?.window?.until
        // What could not be read before a declared gap is not observed any more.
        if file.beginsAnew != nil, !file.isRefused { person.mayMove = true }
        if file.isRefused {
            watch.count("refused files")
            person.mayMove = false
            if hasMoved { watch.fail("(j) a refused file moved the feed") }
        } else if hasUnread {
            watch.count("files with lines that cannot be read")
            person.mayMove = false
        }
        if hasMoved { watch.count("feed moved") }
        if hasMoved, file.beginsAnew == nil, !person.mayMove {
            watch.fail("(j) the feed moved over what could not be read, and nobody had accepted it")
        }
        if file.isBackfill, hasMoved { watch.fail("(j) a backfill moved the feed") }
        if !report.stale.isEmpty { watch.count("feed stale") }
    }

    /// (e) A use of an ended grant is a sign of life.
    private mutating func judgeDelivered(_ file: LogFile, _ people: [Person]) async throws {
        let stored = try await installation.everything()
        let now = clock.truth
        for line in file.lines where line.isReadable || file.isBackfill {
            let named = names(line, in: stored, people)
            if named.isEmpty {
                if case .stranger(_, let subject) = line.name, subject < LogLine.misnamed, world.strangersAreIgnored {
                    continue
                }
                person.unmapped.append(line)
                watch.count("unmapped lines")
            } else if clock.offset == 0, !isFutureLine(line), named.allSatisfy({ stored[$0].endedAt != nil }) {
                // One that is still being revoked may be meant as well.
                watch.with { $0.referee.delivered(line, named, stored, at: now) }
            }
        }
        let resurfaced = stored.count { $0.grant.resurfacedAt != nil }
        if resurfaced > 0 { watch.count("resurfaced", resurfaced) }
    }

    private func isFutureLine(_ line: LogLine) -> Bool { Core.time(line.at) > clock.now() }

    /// The grants that a line names, as a person reads it.
    func names(_ line: LogLine, in stored: [Stored], _ people: [Person]) -> [Int] {
        stored.indices.filter { index in
            let one = stored[index]
            switch line.name {
            case .stranger: return false
            case .grant(let person, let consent): return one.grant.key.id == id(line, person, consent, people)
            case .token(let person, let consent, _) where people[person].hidesTokens:
                return one.grant.key.id == id(line, person, consent, people)
            case .token(let person, let consent, let token):
                let name = TokenName(.access, person: person, consent: consent, number: token).text
                return one.person == person && hadTokens[one.grant.key.id]?.contains(name) == true
            case .subject(_, let subject):
                return one.grant.client == Truth.client(of: people[line.person])
                    && one.grant.subject == World.subject(subject)
            }
        }
    }

    private func id(_ line: LogLine, _ person: Int, _ consent: Int, _ people: [Person]) -> String {
        Truth.id(people[person], consent, people[person].consents[consent].token(at: line.trulyAt), in: world)
    }

    private func line(_ line: LogLine, _ people: [Person], isReadable: Bool) -> String {
        let name: String
        switch line.name {
        case .stranger(let client, let subject): name = self.name(Core.clients[client], subject, line, isReadable)
        case .subject(_, let subject):
            name = self.name(Truth.client(of: people[line.person]), subject, line, isReadable)
        case .grant(let person, let consent):
            name = #""grant":"\#(id(line, person, consent, people))""# + (isReadable ? "" : #","trace_id":"x""#)
        case .token(let person, let consent, _) where people[person].hidesTokens:
            name = #""grant":"\#(id(line, person, consent, people))""# + (isReadable ? "" : #","trace_id":"x""#)
        case .token(let person, let consent, let token):
            let token = TokenName(.access, person: person, consent: consent, number: token).text
            name = #""token":"\#(token)""# + (isReadable ? "" : #","trace_id":"x""#)
        }
        let status = line.isRefused ? #","status":403"# : ""
        return #"{"feed":"gateway","at":"\#(Core.time(line.at))",\#(name)\#(status)}"#
    }

    private func name(_ client: ClientID, _ subject: Int, _ line: LogLine, _ isReadable: Bool) -> String {
        var text = World.subject(subject)
        if line.isDecomposed { text = "se\u{301}-\(subject)" }
        // nginx's escape.
        if !isReadable { text = #"s\xC3\xA9-\#(subject)"# }
        return #""client":"\#(client)","subject":"\#(text)""#
    }
}

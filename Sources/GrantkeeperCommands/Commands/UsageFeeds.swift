internal import ArgumentParser
internal import Grants
internal import Records
internal import RotationWorker

struct UsageFeeds: GrantkeeperCommand {
    static let configuration = CommandConfiguration(
        commandName: "feeds",
        abstract: "How far each feed has observed, what keeps it, and which clients stand still because of it."
    )

    @OptionGroup var common: CommonOptions

    func perform(_ environment: ProgramEnvironment) async throws -> ExitStatus {
        try await Session.run(environment, common, .read) { session in
            let (records, unread) = try await session.store.read { (try $0.feeds(), try $0.unreadInputs()) }
            let now = environment.clock.now()
            var needsPerson = false
            for settings in session.rotation.settings.feeds {
                let left = unread.filter { !$0.mayBeRead && $0.mayBe(of: settings.id) }
                let feed = Feed(settings, records[settings.id] ?? FeedRecord(id: settings.id), left, now)
                needsPerson = needsPerson || feed.needsPerson
                if common.json {
                    environment.output.write(feed.json + [0x0A])
                } else {
                    feed.show(on: session.console)
                }
            }
            if session.rotation.settings.feeds.isEmpty, !common.json {
                session.console.line("the configuration declares no feed")
            }
            return needsPerson ? .findings : .success
        }
    }
}

/// A declared feed with what is known of it.
private struct Feed {
    let settings: FeedSettings
    let record: FeedRecord
    let isFresh: Bool
    /// Inputs that may be of it and were not read to their end.
    let unread: [UnreadInput]
    /// It is configured to cover what it did not when it was read last.
    let isWidened: Bool

    init(_ settings: FeedSettings, _ record: FeedRecord, _ unread: [UnreadInput], _ now: Timestamp) {
        self.settings = settings
        self.record = record
        self.unread = unread
        var next = record
        isWidened = next.take(covers: settings.covers, at: now)
        isFresh = record.window.map { now - $0.until <= settings.maxAge } ?? false
    }

    var needsPerson: Bool {
        !isFresh || record.isStale || record.unreadable > settings.maxUnreadable || !unread.isEmpty
    }

    var json: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("feed", settings.id)
        writer.member("observed_from", time: record.window?.from.milliseconds)
        writer.member("observed_until", time: record.window?.until.milliseconds)
        writer.member("heard_at", time: record.heardAt?.milliseconds)
        writer.member("is_stale", record.isStale || !isFresh)
        writer.member("refused_until", time: record.refusedWords.last?.until.milliseconds)
        writer.member("mapped", record.mapped)
        writer.member("unmapped", record.unmapped)
        writer.member("ignored", record.ignored)
        writer.member("unreadable", record.unreadable)
        writer.member("max_unreadable", settings.maxUnreadable)
        if let first = record.firstUnreadable {
            writer.object("first_unreadable") { writer in
                writer.member("place", first.place)
                writer.member("problem", first.problem)
                writer.member("sample", first.sample)
                writer.member("read_at", time: first.readAt.milliseconds)
            }
        }
        writer.array("unmapped_uses") { writer in
            for uses in record.unmappedUses {
                writer.beginObject()
                writer.member("provider", uses.provider?.rawValue)
                writer.member("client", uses.client?.rawValue)
                writer.member("first", time: uses.first.milliseconds)
                writer.member("last", time: uses.last.milliseconds)
                writer.member("names", uses.names)
                writer.endObject()
            }
        }
        writer.array("unread_inputs") { writer in
            for input in unread { UnreadInputJSON.write(input, to: &writer) }
        }
        writer.member("is_widened", isWidened)
        writer.array("covers") { writer in
            for part in record.covers ?? [] {
                writer.beginObject()
                writer.member("provider", part.cover.provider.rawValue)
                if let tenants = part.cover.tenants { writer.member("tenants", tenants.map(\.rawValue)) }
                if let clients = part.cover.clients { writer.member("clients", clients.map(\.rawValue)) }
                writer.member("since", time: part.since?.milliseconds)
                writer.endObject()
            }
        }
        writer.endObject()
        return writer.bytes
    }

    func show(on console: Console) {
        let id = Console.printable(settings.id)
        console.line(
            record.window.map { "\(id): observed from \($0.from) until \($0.until)\(isFresh ? "" : ", too long ago")" }
                ?? "\(id): has never said how far it observed"
        )
        console.line(
            "  since its last move: \(Console.figure(record.mapped)) uses of known grants, "
                + "\(Console.count(record.unmapped, "line")) of unknown clients, "
                + "\(Console.figure(record.unreadable)) unreadable, \(Console.figure(record.ignored)) ignored"
        )
        if let word = record.refusedWords.last {
            console.line("  it said that it had observed until \(word.until), which was refused")
        }
        if let first = record.firstUnreadable {
            let words = "\(first.place): \(first.problem)"
            console.line("  the first unreadable: \(Console.printableLong(words))")
            if let sample = first.sample { console.line("  it looks like \(Console.printableLong(sample))") }
        }
        for input in unread { console.line("  \(Console.printableLong(input.words))") }
        showCovers(on: console)
        for uses in record.unmappedUses {
            let whom = uses.client.map { "the client \(Console.printable($0.rawValue))" } ?? "all that it covers"
            let place = uses.provider.map { " at \(Console.printable($0.rawValue))" } ?? ""
            console.line(
                "  \(whom)\(place) stands still since \(uses.first): \(Console.count(uses.names, "name")) "
                    + "of no known grant, used last at \(uses.last)"
            )
        }
        if record.isStale || record.unreadable > settings.maxUnreadable {
            console.line("  'grantkeeper usage accept \(id) --reason …' takes what it had counted by its last word")
        }
        for uses in record.unmappedUses {
            console.line("  '\(Console.printableLong(uses.release(in: settings.id)))'")
        }
        if !record.unmappedUses.isEmpty {
            console.line("  or an import that names them, or 'ignore: { subjects: […] }', lets it go on")
        }
    }

    /// What is not observed for as long as the rest.
    private func showCovers(on console: Console) {
        for part in record.covers ?? [] {
            guard let since = part.since, record.window.map({ since > $0.from }) ?? true else { continue }
            let parts = [
                part.cover.tenants.map { "tenants " + $0.map(\.rawValue).joined(separator: ", ") },
                part.cover.clients.map { "clients " + $0.map(\.rawValue).joined(separator: ", ") },
            ]
            let words = [part.cover.provider.rawValue] + parts.compactMap(\.self)
            console.line("  covers \(Console.printableLong(words.joined(separator: ", "))) since \(since) only")
        }
        if isWidened {
            console.line("  it covers more than when it was read last: what is new is observed from the next ingest on")
        }
    }
}

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
            let records = try await session.store.read { try $0.feeds() }
            let now = environment.clock.now()
            var needsPerson = false
            for settings in session.rotation.settings.feeds {
                let feed = Feed(settings, records[settings.id] ?? FeedRecord(id: settings.id), now)
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

    init(_ settings: FeedSettings, _ record: FeedRecord, _ now: Timestamp) {
        self.settings = settings
        self.record = record
        isFresh = record.window.map { now - $0.until <= settings.maxAge } ?? false
    }

    var needsPerson: Bool { !isFresh || record.isStale || record.unreadable > settings.maxUnreadable }

    var json: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("feed", settings.id)
        writer.member("observed_from", time: record.window?.from.milliseconds)
        writer.member("observed_until", time: record.window?.until.milliseconds)
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
        if record.unmappedUses.contains(where: { $0.client != nil }) {
            console.line(
                "  an import that names them, 'ignore: { subjects: […] }', or "
                    + "'usage accept \(id) --client … --until … --reason …' lets a client go on"
            )
        }
    }
}

internal import ArgumentParser
internal import Grants
internal import Records
internal import RotationWorker

struct Usage: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "usage",
        abstract: "What was used when: the feeds.",
        subcommands: [UsageIngestCommand.self, UsageAccept.self, UsageFeeds.self]
    )
}

struct UsageAccept: GrantkeeperCommand {
    static let configuration = CommandConfiguration(
        commandName: "accept",
        abstract: "Advance a feed that its own health keeps where it is.",
        discussion: """
            You vouch that the feed saw every use until then, though it looks otherwise: what it had counted by then is \
            taken, nothing later. Without --until: until its own last word that was refused. With --client only what \
            stands still of that client is released, and the feed stays where it is.
            """
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The feed.")
    var feed: String
    @Option(help: "Until when it observed, as 2026-11-20T00:00:00Z.")
    var until: String?
    @Option(help: "The client whose uses that name no known grant are none that matter.")
    var client: String?
    @OptionGroup var why: ReasonOption

    func validate() throws {
        if client != nil, until == nil { throw ValidationError("--client needs --until") }
    }

    func perform(_ environment: ProgramEnvironment) async throws -> ExitStatus {
        let wanted = try instant()
        return try await Session.run(environment, common, .write) { session in
            let holder = client.map { ClientID($0) }
            let record = try await UsageIngest(session.rotation)
                .accept(feed, of: holder, until: wanted, reason: why.reason)
            let until = record.window?.until
            if common.json {
                var writer = JSONWriter()
                writer.beginObject()
                writer.member("feed", record.id)
                writer.member("client", client)
                writer.member("observed_until", time: until?.milliseconds)
                writer.endObject()
                session.console.json(writer.bytes)
            } else if let client, let wanted {
                session.console.line("\(Console.printable(client)) stands still in \(feed) no more until \(wanted)")
            } else {
                session.console.line("feed \(record.id) has observed until \(until?.description ?? "–")")
            }
            return .success
        }
    }

    private func instant() throws -> Timestamp? {
        guard let until else { return nil }
        guard let instant = RFC3339.parse(until), instant >= RFC3339.earliestOfGrants else {
            throw CommandError(
                .usage,
                "bad-time",
                "--until '\(Console.printable(until))' is no time, or lies before 2010",
                hint: "write 2026-11-20T00:00:00Z"
            )
        }
        return Timestamp(milliseconds: instant)
    }
}

/// A feed on the command line.
enum FeedName {
    /// Throws unless the configuration declares it.
    static func check(_ feed: String?, _ settings: RotationSettings) throws {
        guard let feed, !settings.feeds.contains(where: { $0.id.hasSameBytes(as: feed) }) else { return }
        let names = settings.feeds.map(\.id)
        throw CommandError(
            .usage,
            "unknown-feed",
            "the configuration declares no feed '\(Console.printable(feed))'",
            hint: nearestWord(to: feed, in: names).map { "did you mean '\($0)'?" }
                ?? (names.isEmpty ? "add it under 'feeds'" : "declared: \(names.sorted().joined(separator: ", "))")
        )
    }
}

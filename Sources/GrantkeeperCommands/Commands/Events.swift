internal import ArgumentParser
internal import Grants
internal import Records
internal import RotationWorker

struct Events: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "What happened, and who was told.",
        subcommands: [EventsList.self, EventsDeliver.self],
        defaultSubcommand: EventsList.self
    )
}

/// Which events a command is about.
struct EventFilter: ParsableArguments {
    @Option(help: "Only this type, like grant.revoked.")
    var type: String?
    @Option(help: "Only this grant, as ID or PROVIDER/ID.")
    var grant: String?
    @Option(help: "Only entries after this place in the journal.")
    var after: Int64 = 0
    @Option(help: "At most so many.")
    var limit: Int?

    func includes(_ event: JSONObject) -> Bool {
        if let type, event["type"]?.stringValue != type { return false }
        guard let grant else { return true }
        guard let id = event["grant"]?.stringValue else { return false }
        return id == grant || "\(event["provider"]?.stringValue ?? "")/\(id)" == grant
    }
}

struct EventsList: GrantkeeperCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "The events, oldest first.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var filter: EventFilter

    func perform(_ environment: ProgramEnvironment) async throws -> ExitStatus {
        try await Session.run(environment, common, .read) { session in
            try await EventLines.show(filter, common, session)
            return .success
        }
    }
}

/// Events on standard output: NDJSON, or a table.
enum EventLines {
    static func show(_ filter: EventFilter, _ common: CommonOptions, _ session: Session) async throws {
        var left = filter.limit ?? .max
        var rows: [[String]] = []
        try await JournalWalk(session.store).forEach(after: filter.after, where: filter.includes) { event in
            guard left > 0 else { return false }
            left -= 1
            if common.json {
                var writer = JSONWriter()
                writer.value(.object(complete(event)))
                session.console.json(writer.bytes)
            } else {
                let row = JournalWalk.row(event)
                let grant = event["grant"]?.stringValue.map { "\(event["provider"]?.stringValue ?? "")/\($0)" }
                rows.append([
                    String(event["seq"]?.int64Value ?? 0), row[0], row[1],
                    Console.printable(grant ?? event["provider"]?.stringValue ?? ""), row[2], row[3],
                ])
            }
            return true
        }
        if !common.json { session.console.table(["SEQ", "AT", "EVENT", "ABOUT", "WHY", "BY"], rows) }
    }

    /// With every member that scripts rely on, null where there is none.
    private static func complete(_ event: JSONObject) -> JSONObject {
        var event = event
        for name in ["tenant", "provider", "client", "grant", "reason", "rule", "run", "actor"]
        where event[name] == nil {
            event[name] = .null
        }
        return event
    }
}

struct EventsDeliver: GrantkeeperCommand {
    static let configuration = CommandConfiguration(
        commandName: "deliver",
        abstract: "Hand every sink what it has not acknowledged yet."
    )

    @OptionGroup var common: CommonOptions
    @Option(help: ArgumentHelp("Wait so long for another run to end, like 10m.", valueName: "time"))
    var wait: WaitingTime?

    func perform(_ environment: ProgramEnvironment) async throws -> ExitStatus {
        try await Session.run(environment, common, .write) { session in
            let lock = try await JobLocks(session, environment).take(DeliveryJob.name, wait: wait?.duration)
            let lines: [DeliveryJob.Line]
            do {
                lines = try await DeliveryJob(session.rotation, lock: lock).perform()
                try await session.store.unlock(lock)
            } catch {
                try? await session.store.unlock(lock)
                throw error
            }
            session.clearProgress()
            if common.json {
                var writer = JSONWriter()
                writer.beginObject()
                Deliveries.write(lines, to: &writer)
                writer.endObject()
                session.console.json(writer.bytes)
            } else {
                for line in lines { Deliveries.show(line, on: session.console) }
                if lines.isEmpty {
                    session.console.line("no sink is configured")
                } else if lines.allSatisfy({ $0.failure == nil && $0.delivered == 0 }) {
                    session.console.line("every sink has everything")
                }
            }
            return lines.contains { $0.failure != nil } ? .findings : .success
        }
    }
}

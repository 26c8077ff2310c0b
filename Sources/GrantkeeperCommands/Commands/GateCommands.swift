internal import ArgumentParser
internal import Grants
internal import Records
internal import RotationWorker

struct Exempt: GrantkeeperCommand {
    static let configuration = CommandConfiguration(
        commandName: "exempt",
        abstract: "Keep a grant until a date, whatever the rules say.",
        discussion: "Orders by hand still end it, and so does the provider. --end takes an exemption back."
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: ArgumentHelp("The grant, as ID or PROVIDER/ID.", valueName: "grant"))
    var grant: String
    @Option(help: "Who answers for it.")
    var owner: String?
    @OptionGroup var why: ReasonOption
    @Option(help: "Until when, as 2026-12-31T00:00:00Z, or for how long, as 30d.")
    var until: String?
    @Flag(help: "Take the exemption back.")
    var end = false
    @Option(help: "A ticket or incident number.")
    var reference: String?

    func validate() throws {
        if !end, owner == nil || until == nil { throw ValidationError("an exemption needs --owner and --until") }
    }

    func perform(_ environment: ProgramEnvironment) async throws -> ExitStatus {
        let now = environment.clock.now()
        var exemption: Exemption?
        if !end, let owner, let until {
            guard let instant = Self.instant(until, now: now) else {
                throw CommandError(
                    .usage,
                    "bad-time",
                    "--until '\(Console.printable(until))' is no time",
                    hint: "write 2026-12-31T00:00:00Z, or a duration like 30d"
                )
            }
            guard instant > now else { throw CommandError(.usage, "past", "--until must lie in the future") }
            exemption = Exemption(owner: owner, reason: why.reason, until: instant)
        }
        let wanted = exemption
        return try await Session.run(environment, common, .write) { session in
            let key = try await GrantName.resolve(grant, session)
            _ = try await GateOrders(session.rotation).exempt(key, wanted, reference: reference)
            if common.json {
                var writer = JSONWriter()
                writer.beginObject()
                writer.member("provider", key.provider.rawValue)
                writer.member("id", key.id)
                writer.member("exempt_until", time: wanted?.until.milliseconds)
                writer.endObject()
                session.console.json(writer.bytes)
            } else if let wanted {
                session.console.line("\(Console.printable(key.description)) is exempt until \(wanted.until)")
            } else {
                session.console.line("\(Console.printable(key.description)) is no longer exempt")
            }
            return .success
        }
    }

    /// An RFC 3339 time, or a duration from now.
    static func instant(_ text: String, now: Timestamp) -> Timestamp? {
        if let duration = Duration(typed: text) { return now + duration }
        return RFC3339.parse(text).map { Timestamp(milliseconds: $0) }
    }
}

struct FreezeCommand: GrantkeeperCommand {
    static let configuration = CommandConfiguration(
        commandName: "freeze",
        abstract: "End, quarantine and announce nothing, from the next batch on.",
        discussion: "Without a filter everything is frozen. Revalidation goes on. 'thaw' with the same filter ends it."
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var only: SelectionOptions
    @OptionGroup var why: ReasonOption

    func perform(_ environment: ProgramEnvironment) async throws -> ExitStatus {
        try await Session.run(environment, common, .write) { session in
            let selection = try await only.selection(session)
            try await GateOrders(session.rotation).freeze(selection, reason: why.reason)
            Self.say("frozen", selection, common, session)
            return .success
        }
    }

    static func say(_ what: String, _ selection: GrantSelection, _ common: CommonOptions, _ session: Session) {
        guard common.json else { return session.console.line("\(what): \(Console.printableLong(selection.words))") }
        var writer = JSONWriter()
        writer.beginObject()
        writer.member(what, true)
        writer.member("tenant", selection.tenant?.rawValue)
        writer.member("provider", selection.provider?.rawValue)
        writer.member("client", selection.client?.rawValue)
        writer.endObject()
        session.console.json(writer.bytes)
    }
}

struct Thaw: GrantkeeperCommand {
    static let configuration = CommandConfiguration(
        commandName: "thaw",
        abstract: "Let a freeze go; every notice and quarantine starts anew.",
        discussion: "Inactive answers counted so far are forgotten: after a freeze nothing ends on old evidence."
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var only: SelectionOptions
    @OptionGroup var why: ReasonOption

    func perform(_ environment: ProgramEnvironment) async throws -> ExitStatus {
        try await Session.run(environment, common, .write) { session in
            let selection = try only.plain
            try await session.lookAlikes.warn(of: selection, session)
            let orders = GateOrders(session.rotation)
            guard try await session.thawing({ try await orders.thaw(selection, reason: why.reason) }) else {
                let freezes = try await session.store.read { try $0.freezes() }
                let known = freezes.map { Console.printableLong($0.selection.words) }.joined(separator: "; ")
                throw CommandError(
                    .usage,
                    "not-frozen",
                    "there is no freeze of \(Console.printableLong(selection.words))",
                    hint: known.isEmpty ? "nothing is frozen" : "frozen: \(known)"
                )
            }
            FreezeCommand.say("thawed", selection, common, session)
            return .success
        }
    }
}

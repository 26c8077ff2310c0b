internal import ArgumentParser
internal import Grants
internal import RotationWorker

struct GrantsExport: GrantkeeperCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write grants as the records that import reads.",
        discussion: """
            Tokens are left out, unless --with-tokens asks for them: that needs --reason, asks again on a terminal, and \
            leaves tokens.exported in the journal before the first token is written.
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var only: SelectionOptions
    @Flag(help: "Write the tokens too: the output is as secret as they are.")
    var withTokens = false
    @Option(help: "Why the tokens are needed; it stands in events and in the audit trail.")
    var reason: String?

    func validate() throws {
        if withTokens, reason?.allSatisfy(\.isWhitespace) ?? true {
            throw ValidationError("--with-tokens needs --reason, which must say why")
        }
        if !withTokens, reason != nil { throw ValidationError("--reason belongs to --with-tokens") }
    }

    func perform(_ environment: ProgramEnvironment) async throws -> ExitStatus {
        try await Session.run(environment, common, withTokens ? .tokens : .read) { session in
            let selection = try await only.selection(session)
            if withTokens { try await announce(selection, session, environment) }
            let now = environment.clock.now()
            let (withTokens, output) = (withTokens, environment.output)
            try await session.store.read { reading in
                var buffer: [UInt8] = []
                try reading.forEach(.live, in: selection) { stored in
                    let family = try stored.grant.family.flatMap { try reading.familyName($0) }
                    buffer += GrantLine.json(
                        stored.grant,
                        family: family,
                        tokens: withTokens ? try reading.tokens(of: stored.row) : [:],
                        at: now
                    )
                    buffer.append(0x0A)
                    if buffer.count > 65_536 {
                        output.write(buffer)
                        buffer.removeAll(keepingCapacity: true)
                    }
                }
                output.write(buffer)
            }
            return .success
        }
    }

    /// Asks a person once more, and writes down who takes the tokens of what, and why, before any is written.
    private func announce(
        _ selection: GrantSelection,
        _ session: Session,
        _ environment: ProgramEnvironment
    ) async throws {
        let count = try await session.store.read { try $0.count(.live, in: selection) }
        let confirmation = Confirmation(environment)
        if confirmation.isPossible {
            let question =
                "the tokens of \(Console.count(count, "grant")) (\(Console.printableLong(selection.words))) will be written "
                + "in the clear; type 'yes' to go on:"
            guard await confirmation.ask(question) == "yes" else {
                throw CommandError(.failed, "not-confirmed", "not confirmed: nothing was written")
            }
        }
        var event = Event(Event.Kind.tokensExported, at: environment.clock.now())
        event.tenant = selection.tenant
        event.provider = selection.provider
        event.client = selection.client
        event.reason = reason
        event.actor = environment.actor
        event.details = ["grants": .number(Int64(count))]
        let told = event
        _ = try await session.store.write { try $0.append(told, about: nil) }
    }
}

internal import ArgumentParser
internal import Grants
internal import Records
internal import RotationWorker

struct GrantsSettle: GrantkeeperCommand {
    static let configuration = CommandConfiguration(
        commandName: "settle",
        abstract: "Close the finding that an ended grant has resurfaced.",
        discussion: "You have looked into it. A later sign of life raises it again; to end the grant again, revoke it."
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: ArgumentHelp("The grant, as ID or PROVIDER/ID.", valueName: "grant"))
    var grant: String
    @OptionGroup var why: ReasonOption
    @Option(help: "A ticket or incident number.")
    var reference: String?

    func perform(_ environment: ProgramEnvironment) async throws -> ExitStatus {
        try await Session.run(environment, common, .write) { session in
            let key = try await GrantName.resolve(grant, session)
            guard try await GateOrders(session.rotation).settle(key, reason: why.reason, reference: reference) else {
                throw CommandError(
                    .usage,
                    "not-resurfaced",
                    "\(Console.printable(key.description)) has not resurfaced: there is nothing to settle",
                    hint: "'grantkeeper grants show' says how it is"
                )
            }
            if common.json {
                var writer = JSONWriter()
                writer.beginObject()
                writer.member("provider", key.provider.rawValue)
                writer.member("id", key.id)
                writer.member("settled", true)
                writer.endObject()
                session.console.json(writer.bytes)
            } else {
                session.console.line("\(Console.printable(key.description)) is settled")
            }
            return .success
        }
    }
}

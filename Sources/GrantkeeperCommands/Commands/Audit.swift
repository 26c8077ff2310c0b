internal import ArgumentParser

struct Audit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Who did what, and whether the record was changed.",
        subcommands: [AuditShow.self, AuditVerify.self, AuditCheckpoint.self]
    )
}

struct AuditShow: GrantkeeperCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "The audit trail, oldest first.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var filter: EventFilter

    func perform(_ environment: ProgramEnvironment) async throws -> ExitStatus {
        try await Session.run(environment, common, .read) { session in
            try await EventLines.show(filter, common, session)
            return .success
        }
    }
}

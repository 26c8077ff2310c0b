internal import ArgumentParser
internal import Grants
internal import Records
internal import Sandbox

struct SandboxCommand: GrantkeeperCommand {
    static let configuration = CommandConfiguration(
        commandName: "sandbox",
        abstract: "Run an authorization server on loopback to try everything against.",
        discussion: """
            It issues, introspects and revokes tokens for the clients grantkeeper, supplier-portal, erp-sync, \
            quote-bot, partner-gateway and canary-client, whose secrets are their names with '-secret'. \
            --fault makes it lie: inactive=all, inactive=all_but_own_client, inactive=refresh_tokens, \
            inactive=from_answer:20, inactive=at_random_percent:30, status=503, html, hang, latency_ms=500, \
            active_as=string, retry_after=5, … PUT /sandbox/faults changes them while it runs. docs/sandbox.md has all.
            """
    )

    @OptionGroup var common: CommonOptions
    @Option(help: "The port on 127.0.0.1; 0 takes any.")
    var port = 8_080
    @Option(help: ArgumentHelp("A fault, NAME or NAME=VALUE; may be given several times.", valueName: "fault"))
    var fault: [String] = []
    @Flag(inversion: .prefixedNo, help: "Refresh tokens are exchanged for new ones when used.")
    var rotates = true
    @Option(help: "What a revocation ends: token, grant, client_subject.")
    var reach = "grant"
    @Option(help: "Revoking another client's token: refused, ignored, allowed.")
    var foreign = "refused"
    @Option(help: "The same tokens every time.")
    var seed: UInt64?

    func perform(_ environment: ProgramEnvironment) async throws -> ExitStatus {
        guard (0...65_535).contains(port) else {
            throw CommandError(.usage, "port", "--port is 0 to 65535; 0 takes any that is free")
        }
        var options = SandboxOptions()
        options.port = port
        options.rotatesRefreshTokens = rotates
        options.seed = seed
        options.faults = try SandboxFaults(switches: fault)
        guard let reach = ProviderCapabilities.Reach(rawValue: reach) else {
            throw CommandError(.usage, "reach", "--reach is token, grant or client_subject")
        }
        options.revocationReach = reach
        guard let foreign = ForeignRevocation(rawValue: foreign) else {
            throw CommandError(.usage, "foreign", "--foreign is refused, ignored or allowed")
        }
        options.foreignRevocation = foreign
        let (console, asJSON) = (Console(environment), common.json)
        try await SandboxServer(options: options).run { port in
            if asJSON {
                console.json(Array("{\"port\":\(port),\"issuer\":\"http://127.0.0.1:\(port)\"}".utf8))
            } else {
                console.line("sandbox at http://127.0.0.1:\(port); Ctrl-C ends it")
            }
        }
        return .success
    }
}

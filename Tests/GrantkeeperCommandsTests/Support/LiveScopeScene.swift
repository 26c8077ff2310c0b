import Glibc
import GrantkeeperCommands
import Grants
import Testing

/// A copy of the shipped scope documents beside a configuration and a store of its own, in a folder of its own.
///
/// The clock stands at 2026-06-01T08:00:00Z. Nobody listens at the provider.
final class LiveScopeScene {
    let folder: String
    private let clock = TestClock()

    static let corpus = "\(ScopeScene.repository)/Tests/Corpora/scopes"

    private static let configuration = """
        store: { sqlite: grants.sqlite, key: { file: store.key } }
        providers:
          - id: procure-idp
            issuer: http://127.0.0.1:1
            client: { id: grantkeeper, auth: client_secret_basic, secret: { file: grantkeeper.secret } }
        tenants:
          - { id: acme, party: supplier, owner: buyers }
          - { id: borealis, party: supplier, owner: buyers }
          - { id: foundry, party: supplier, owner: buyers }
          - { id: procurement, party: internal, owner: buyers }
          - { id: finance, party: internal, owner: finance }
        feeds:
          - { id: gateway, covers: [{ provider: procure-idp }], late: 0s, max_age: 3d }
        sinks:
          - { id: owners, type: exec, command: [/bin/cat], notifies: true }
        rotation:
          mode: enforce
          default: { on_scope_violation: revoke, notice: 7d }

        """

    init() throws {
        var template = Array("/tmp/grantkeeper-live-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { buffer in buffer.baseAddress.flatMap { mkdtemp($0) } }
        folder = String(cString: try #require(made))
        try write("grantkeeper.yaml", Self.configuration)
        try write("store.key", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n")
        try write("grantkeeper.secret", "s3cret")
        _ = shell("cp -r '\(ScopeScene.repository)/etc/scopes' scopes && cp '\(Self.corpus)/'live-* .")
    }

    deinit {
        _ = shell("rm -rf '\(folder)'")
    }

    func write(_ name: String, _ text: String) throws {
        let file = try #require(fopen("\(folder)/\(name)", "w"))
        fputs(text, file)
        fclose(file)
        chmod("\(folder)/\(name)", 0o600)
    }

    /// Runs one command line; an argument that begins with `./` is a file of the folder.
    func run(_ arguments: [String], variables: [String: String] = [:]) async -> Outcome {
        signal(SIGPIPE, SIG_IGN)
        let (output, errors) = (CapturedText(), CapturedText())
        var all = ["GRANTKEEPER_CONFIG": "\(folder)/grantkeeper.yaml", "LANG": "C.UTF-8"]
        all.merge(variables) { $1 }
        let environment = ProgramEnvironment(
            clock: clock,
            variables: ProcessVariables(all.filter { !$0.value.isEmpty }),
            standardInput: -1,
            output: output,
            errors: errors,
            showsProgress: false,
            isTerminal: false,
            actor: Actor(kind: .person, user: "tester", host: "test"),
            machineID: "11111111111111111111111111111111"
        )
        let status = await Program.run(
            arguments.map { $0.hasPrefix("./") ? folder + $0.dropFirst() : $0 },
            environment
        )
        return Outcome(status: status, output: relative(output.text), errors: relative(errors.text))
    }

    /// Runs a line in the folder by a shell; its status and all that it says.
    func shell(_ line: String) -> Outcome {
        // What the user has set for git is left out.
        let command = "cd '\(folder)' && export GIT_CONFIG_GLOBAL=/dev/null && { \(line)\n} 2>&1"
        guard let listing = popen(command, "r") else { return Outcome(status: -1, output: "", errors: "") }
        var bytes: [UInt8] = []
        while true {
            let byte = fgetc(listing)
            guard byte >= 0 else { break }
            bytes.append(UInt8(truncatingIfNeeded: byte))
        }
        let status = pclose(listing)
        return Outcome(status: (status >> 8) & 0xFF, output: String(decoding: bytes, as: UTF8.self), errors: "")
    }

    private func relative(_ text: String) -> String { text.replacing("\(folder)/", with: "") }
}

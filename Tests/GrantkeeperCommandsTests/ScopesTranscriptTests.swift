import Glibc
import Testing

/// The promises of the mission about scopes, as somebody would type them, on the shipped documents.
///
/// A transcript is a text: `$ ` begins a command, what it says follows, and a status that is not 0 stands in brackets.
/// `grantkeeper` runs in this process, everything else in a shell. With `GRANTKEEPER_RECORD` set they are written anew.
@Suite("Transcripts about scopes")
struct ScopesTranscriptTests {
    @Test(arguments: [
        "s1-explain", "s2-granular", "s3-diff", "s4-requested", "s5-grantable", "s9-policy-change", "s11-blast-radius",
    ])
    func `a transcript says what the program says`(_ name: String) async throws {
        let path = "\(LiveScopeScene.corpus)/transcripts/\(name).txt"
        let wanted = try text(of: path)
        let scene = try LiveScopeScene()
        var said = ""
        for line in wanted.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("#") { said += "\(line)\n" }
            guard line.hasPrefix("$ ") else { continue }
            said += "\(line)\n" + (try await run(String(line.dropFirst(2)), scene))
        }
        if getenv("GRANTKEEPER_RECORD") != nil {
            let file = try #require(fopen(path, "w"))
            fputs(said, file)
            fclose(file)
            return
        }
        #expect(said == wanted)
        #expect(said.contains("$ grantkeeper "))
    }

    private func run(_ line: String, _ scene: LiveScopeScene) async throws -> String {
        guard line.hasPrefix("grantkeeper ") else { return Self.shown(scene.shell(line)) }
        var command = Substring(line.dropFirst("grantkeeper ".count))
        let target = split(&command, at: " > ")
        let wanted = split(&command, at: " | grep ")
        var outcome = await scene.run(command.split(separator: " ").map(String.init))
        if let wanted {
            outcome.output = outcome.output.split(separator: "\n").filter { $0.contains(wanted) }
                .map { "\($0)\n" }.joined()
        }
        if let target {
            try scene.write(String(target), outcome.output)
            outcome.output = ""
        }
        return Self.shown(outcome)
    }

    private func split(_ command: inout Substring, at mark: String) -> Substring? {
        guard let range = command.firstRange(of: mark) else { return nil }
        defer { command = command[..<range.lowerBound] }
        return command[range.upperBound...]
    }

    /// Hashes and revisions would change with every word of the shipped documents.
    private static func shown(_ outcome: Outcome) -> String {
        let text = outcome.output + outcome.errors + (outcome.status == 0 ? "" : "[\(outcome.status)]\n")
        return text.replacing(/\b[0-9a-f]{7,64}\b/, with: "HASH")
    }

    private func text(of path: String) throws -> String {
        let file = try #require(fopen(path, "r"), "\(path) is missing")
        defer { fclose(file) }
        var bytes: [UInt8] = []
        while true {
            let byte = fgetc(file)
            guard byte >= 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes.append(UInt8(truncatingIfNeeded: byte))
        }
    }
}

import FoundationEssentials
import Glibc
import Records
import Subprocess
import SystemPackage

/// django-oauth-toolkit as a child of the tests (`Tests/Rigs/django`): issues tokens, and is asked how they are.
struct DjangoRig: Sendable {
    /// Why the tests have no server; a failure, never a reason to skip.
    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    struct Refusal: Error, CustomStringConvertible {
        let description: String
    }

    struct Tokens: Sendable {
        var access: String
        var refresh: String?
    }

    private struct Question: Sendable {
        /// nil: only the next line is wanted.
        var line: String?
        var answer: CheckedContinuation<String, any Error>
    }

    private(set) var issuer = ""
    private let questions: AsyncStream<Question>.Continuation

    /// The package's directory, and the python that `Scripts/django-rig-setup` makes in it.
    private static let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path
    private static let python =
        getenv("GRANTKEEPER_RIG_PYTHON").map { String(cString: $0) } ?? "\(package)/.build/rigs/django-venv/bin/python"

    /// Starts the server, hands it to the body, and ends it.
    static func run(_ body: (DjangoRig) async throws -> Void) async throws {
        guard access(python, X_OK) == 0 else {
            throw Missing(description: "there is no \(python): 'make test' makes it, or Scripts/django-rig-setup")
        }
        let program = "\(package)/Tests/Rigs/django/rig.py"
        let (stream, feed) = AsyncStream.makeStream(of: Question.self)
        _ = try await Subprocess.run(
            .path(FilePath(python)),
            arguments: ["-B", program, "--fast-secrets"],
            input: .inputWriter,
            output: .sequence,
            error: .discarded
        ) { child in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    var lines = child.standardOutput.strings().makeAsyncIterator()
                    for await question in stream {
                        do {
                            if let line = question.line { _ = try await child.standardInputWriter.write(line + "\n") }
                            guard let answer = try await lines.next() else {
                                throw Missing(description: "the rig has ended; run rig.py by itself to see why")
                            }
                            question.answer.resume(returning: answer)
                        } catch {
                            question.answer.resume(throwing: error)
                        }
                    }
                }
                defer { feed.finish() }
                try await body(try await ready(feed))
            }
        }
    }

    private static func ready(_ feed: AsyncStream<Question>.Continuation) async throws -> DjangoRig {
        var rig = DjangoRig(questions: feed)
        let line = try await rig.exchange(nil)
        guard line.hasPrefix("ready ") else { throw Missing(description: "the rig did not start: \(line)") }
        let facts = try JSONObject(parsing: Array(line.utf8.dropFirst("ready ".utf8.count)))
        rig.issuer = facts["issuer"]?.stringValue ?? ""
        return rig
    }

    private init(questions: AsyncStream<Question>.Continuation) {
        self.questions = questions
    }

    // MARK: Commands

    /// Tokens of the authorization-code grant, with a refresh token.
    func consent(of user: String, scope: String = "ticket.read ticket.comment") async throws -> Tokens {
        try await tokens(
            "authorization_code",
            ["client": .string("supplier-portal"), "user": .string(user), "scope": .string(scope)]
        )
    }

    /// An access token of the client-credentials grant.
    func clientCredentials(_ client: String = "erp-sync", scope: String = "ticket.read") async throws -> Tokens {
        try await tokens("client_credentials", ["client": .string(client), "scope": .string(scope)])
    }

    /// What the server itself says of the token, whatever its endpoints answer.
    func isActive(_ token: String) async throws -> Bool {
        try await ask("is_active", ["token": .string(token)])["active"]?.boolValue ?? false
    }

    /// Ends the token as the server's administrator would.
    func revoke(_ token: String) async throws {
        _ = try await ask("revoke", ["token": .string(token)])
    }

    /// How many requests a path has had since the last reset, whatever their status.
    func requests(to path: String) async throws -> Int {
        try await requests()[path] ?? 0
    }

    /// By path; the rig's own are not among them.
    func requests() async throws -> [String: Int] {
        let paths = try await ask("requests", [:])["requests"]?.objectValue
        return (paths?.members ?? []).reduce(into: [:]) { counts, path in
            let statuses = path.value.objectValue?.members ?? []
            counts[path.name] = statuses.reduce(0) { $0 + Int($1.value.int64Value ?? 0) }
        }
    }

    func forgetRequests() async throws {
        _ = try await ask("requests", ["reset": .bool(true)])
    }

    private func tokens(_ command: String, _ members: [String: JSONValue]) async throws -> Tokens {
        let answer = try await ask(command, members)
        guard let access = answer["access_token"]?.stringValue else {
            throw Refusal(description: "no access token from \(command)")
        }
        return Tokens(access: access, refresh: answer["refresh_token"]?.stringValue)
    }

    private func ask(_ command: String, _ members: [String: JSONValue]) async throws -> JSONObject {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("do", command)
        for (name, value) in members { writer.member(name, value) }
        writer.endObject()
        let line = try await exchange(String(decoding: writer.bytes, as: UTF8.self))
        let answer = try JSONObject(parsing: Array(line.utf8))
        if let error = answer["error"]?.stringValue { throw Refusal(description: "\(command): \(error)") }
        return answer
    }

    private func exchange(_ line: String?) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            questions.yield(Question(line: line, answer: continuation))
        }
    }
}

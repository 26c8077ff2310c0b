import Grants
import GrantsTestSupport
import Records
import Testing

@testable import Sandbox

/// A sandbox on a port of its own, for as long as `body` runs.
func withSandbox<Value: Sendable>(
    faults: SandboxFaults = SandboxFaults(),
    clock: HandClock = HandClock(),
    _ configure: (inout SandboxOptions) -> Void = { _ in },
    _ body: (RunningSandbox) async throws -> Value
) async throws -> Value {
    var options = SandboxOptions()
    options.faults = faults
    configure(&options)
    let server = SandboxServer(options: options, clock: clock)
    let (ports, feed) = AsyncStream.makeStream(of: Int.self)
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            defer { feed.finish() }
            try await server.run { feed.yield($0) }
        }
        var iterator = ports.makeAsyncIterator()
        let port = try #require(await iterator.next())
        let value = try await body(RunningSandbox(port: port))
        group.cancelAll()
        try await group.waitForAll()
        return value
    }
}

/// How tests speak to a sandbox: one connection a request.
struct RunningSandbox: Sendable {
    struct Tokens {
        var id: String
        var access: String
        var refresh: String
    }

    let port: Int

    @discardableResult
    func send(
        _ method: String,
        _ path: String,
        fields: [String: String] = [:],
        body: String? = nil
    ) async throws -> Reply {
        let connection = try RawConnection(port: port)
        defer { connection.close() }
        try await connection.send(Self.message(method, path, fields: fields, body: body))
        return try #require(Reply(try await connection.receiveAll()), "no whole response")
    }

    static func message(
        _ method: String,
        _ path: String,
        fields: [String: String] = [:],
        body: String? = nil
    ) -> [UInt8] {
        var head = "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        if fields["Connection"] == nil { head += "Connection: close\r\n" }
        for (name, value) in fields { head += "\(name): \(value)\r\n" }
        if let body { head += "Content-Length: \(body.utf8.count)\r\n" }
        return Array("\(head)\r\n\(body ?? "")".utf8)
    }

    /// A form from a client that authenticates in the body; nobody with nil.
    func form(_ path: String, _ form: String, as client: String? = "grantkeeper") async throws -> Reply {
        let credentials = client.map { "&client_id=\($0)&client_secret=\($0)-secret" } ?? ""
        return try await send("POST", path, fields: Self.formField, body: form + credentials)
    }

    static let formField = ["Content-Type": "application/x-www-form-urlencoded"]

    func introspect(_ token: String, as client: String = "grantkeeper") async throws -> Reply {
        try await form("/introspect", "token=\(token)", as: client)
    }

    func revoke(_ token: String, as client: String = "grantkeeper") async throws -> Reply {
        try await form("/revoke", "token=\(token)", as: client)
    }

    /// Whether the token lives, past all faults.
    func lives(_ token: String) async throws -> Bool? {
        try await send("POST", "/sandbox/state", body: #"{"token":"\#(token)"}"#).active
    }

    @discardableResult
    func fail(_ document: String) async throws -> Reply {
        try await send("PUT", "/sandbox/faults", body: document)
    }

    func issue(client: String = "supplier-portal", subject: String = "u-17", more: String = "") async throws
        -> Tokens
    {
        let order = #"{"client":"\#(client)","subject":"\#(subject)","scopes":["ticket.read"]\#(more)}"#
        let reply = try await send("POST", "/sandbox/grants", body: order)
        let line = try #require(try reply.lines.first)
        return Tokens(
            id: try #require(line["id"]?.stringValue),
            access: try #require(line["access_token"]?.stringValue),
            refresh: line["refresh_token"]?.stringValue ?? ""
        )
    }

    /// A number from the statistics, such as `introspect`, `hanging`.
    func count(_ endpoint: String, _ name: String) async throws -> Int64? {
        let endpoints = try await send("GET", "/sandbox/stats").json["endpoints"]?.objectValue
        return endpoints?[endpoint]?.objectValue?[name]?.int64Value
    }
}

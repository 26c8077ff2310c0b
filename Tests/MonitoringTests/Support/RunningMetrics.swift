import GrantsTestSupport
import Logging
import Testing

@testable import Monitoring

/// A metrics server on a port of its own, for as long as `body` runs.
func withMetricsServer(
    patience: Duration = MetricsServer.patience,
    headPatience: Duration = MetricsServer.patience,
    text: @escaping @Sendable () async -> String = { "up 1\n" },
    _ body: (Int) async throws -> Void
) async throws {
    let (ports, feed) = AsyncStream.makeStream(of: Int.self)
    var server = MetricsServer(host: "127.0.0.1", port: 0, logger: Logger(label: "test"), body: text) { feed.yield($0) }
    server.patience = patience
    server.headPatience = headPatience
    let started = server
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            defer { feed.finish() }
            try await started.run()
        }
        var iterator = ports.makeAsyncIterator()
        let port = try #require(await iterator.next())
        try await body(port)
        group.cancelAll()
        try await group.waitForAll()
    }
}

/// Sends the bytes and reads up to the end of the connection.
func exchange(_ port: Int, _ request: String) async throws -> (head: [String], body: String) {
    let connection = try RawConnection(port: port)
    defer { connection.close() }
    try await connection.send(Array(request.utf8))
    let reply = String(decoding: try await connection.receiveAll(), as: UTF8.self)
    let end = try #require(reply.firstRange(of: "\r\n\r\n"), "no whole head: \(reply)")
    return (reply[..<end.lowerBound].split(separator: "\r\n").map(String.init), String(reply[end.upperBound...]))
}

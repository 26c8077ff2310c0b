import GrantsTestSupport
import Logging
import Monitoring
import ServiceLifecycle
import Testing

@Suite("The metrics server", .timeLimit(.minutes(15)))
struct MetricsServerTests {
    @Test func `metrics have the type that Prometheus insists on`() async throws {
        try await withMetricsServer { port in
            let (head, body) = try await exchange(
                port,
                "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            )
            #expect(head.first == "HTTP/1.1 200 OK")
            #expect(head.contains { $0.lowercased() == "content-type: text/plain; version=0.0.4; charset=utf-8" })
            #expect(head.contains { $0.lowercased() == "content-length: 5" })
            #expect(body == "up 1\n")
        }
    }

    @Test(arguments: [
        ("GET /healthz", "200 OK", "ok\n"), ("HEAD /healthz", "200 OK", ""), ("HEAD /metrics", "200 OK", ""),
        ("GET /healthz?x=1", "200 OK", "ok\n"), ("GET /", "404 Not Found", "not found\n"),
        ("GET /metrics/x", "404 Not Found", "not found\n"), ("GET /../etc/passwd", "404 Not Found", "not found\n"),
        ("DELETE /metrics", "405 Method Not Allowed", "GET or HEAD\n"),
        ("OPTIONS /elsewhere", "404 Not Found", "not found\n"),
    ])
    func `nothing but two documents can be read`(request: String, status: String, body: String) async throws {
        try await withMetricsServer { port in
            let reply = try await exchange(port, "\(request) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            #expect(reply.head.first == "HTTP/1.1 \(status)")
            #expect(reply.body == body)
            if request.hasPrefix("HEAD /metrics") {
                #expect(reply.head.contains { $0.lowercased() == "content-length: 5" })
            }
        }
    }

    @Test(arguments: ["Content-Length: 1000000000", "Transfer-Encoding: chunked"])
    func `a body is refused without being read`(field: String) async throws {
        try await withMetricsServer { port in
            let reply = try await exchange(port, "POST /metrics HTTP/1.1\r\nHost: localhost\r\n\(field)\r\n\r\n")
            #expect(reply.head.first?.hasPrefix("HTTP/1.1 413 ") == true)
        }
    }

    @Test func `a head beyond measure ends the connection`() async throws {
        try await withMetricsServer { port in
            let connection = try RawConnection(port: port)
            defer { connection.close() }
            let long = String(repeating: "x", count: 100_000)
            try? await connection.send(Array("GET /metrics HTTP/1.1\r\nX: \(long)\r\n\r\n".utf8))
            let reply = String(decoding: try await connection.receiveAll(), as: UTF8.self)
            #expect(!reply.contains("up 1"))
            let (_, body) = try await exchange(
                port,
                "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            )
            #expect(body == "ok\n")
        }
    }

    @Test func `two requests on one connection are answered in turn`() async throws {
        try await withMetricsServer { port in
            let one = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"
            let two = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            let connection = try RawConnection(port: port)
            defer { connection.close() }
            try await connection.send(Array((one + two).utf8))
            let reply = String(decoding: try await connection.receiveAll(), as: UTF8.self)
            #expect(reply.components("HTTP/1.1 200 OK") == 2)
            #expect(reply.hasSuffix("\r\n\r\nok\n"))
        }
    }

    @Test func `an address in use is told as such`() async throws {
        try await withMetricsServer { port in
            let second = MetricsServer(host: "127.0.0.1", port: port, logger: Logger(label: "test"), body: { "" })
            let error = await #expect(throws: MetricsServerError.self) { try await second.run() }
            #expect(error?.message == "the metrics cannot be offered on 127.0.0.1, port \(port): the address is in use")
            #expect(error?.hint?.contains("metrics: { listen: … }") == true)
        }
    }

    @Test func `an answer that is not taken in time is given up`() async throws {
        let (never, feed) = AsyncStream.makeStream(of: Void.self)
        try await withMetricsServer(patience: .milliseconds(50)) {
            for await _ in never {}
            return "late 1\n"
        } _: { port in
            let connection = try RawConnection(port: port)
            defer { connection.close() }
            try await connection.send(Array("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
            // Whatever fails below: nothing else ends the answer.
            defer { feed.finish() }
            #expect(try await connection.receiveAll().isEmpty)
            let (_, body) = try await exchange(
                port,
                "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            )
            #expect(body == "ok\n")
        }
    }

    @Test func `connections that ask nothing lock out no scrape: the oldest of them has to go`() async throws {
        // Nothing but their number ends them.
        try await withMetricsServer(headPatience: .seconds(3_600)) { port in
            var silent: [RawConnection] = []
            for _ in 0..<(MetricsServer.mostConnections * 2) {
                let connection = try RawConnection(port: port)
                try? await connection.send(Array("GET /metrics HT".utf8))
                silent.append(connection)
            }
            defer { for connection in silent { connection.close() } }
            let request = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            let (_, body) = try await exchange(port, request)
            #expect(body == "up 1\n")
            #expect(try await silent[0].receiveAll().isEmpty)
        }
    }

    @Test func `a request that does not come whole in time is given up`() async throws {
        try await withMetricsServer(headPatience: .milliseconds(50)) { port in
            let connection = try RawConnection(port: port)
            defer { connection.close() }
            try await connection.send(Array("GET /metrics HT".utf8))
            #expect(try await connection.receiveAll().isEmpty)
        }
    }

    @Test(arguments: [
        ("localhost:9464", true), ("LOCALHOST", true), ("127.0.0.1:80", true), ("127.0.0.1.", true),
        ("evil.example", false), ("127.0.0.1.evil.example", false), ("[::1]", false), ("10.0.0.1", false),
    ])
    func `metrics are given for the host that is listened on, and for no other name`(
        host: String,
        isServed: Bool
    ) async throws {
        try await withMetricsServer { port in
            let request = "GET /metrics HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n"
            let (head, body) = try await exchange(port, request)
            #expect(head.first == (isServed ? "HTTP/1.1 200 OK" : "HTTP/1.1 421 Misdirected Request"))
            #expect((body == "up 1\n") == isServed)
        }
    }

    @Test func `connections at the very moment of the end harm nobody`() async throws {
        for _ in 0..<40 {
            var connections: [RawConnection] = []
            try await withMetricsServer { port in
                for _ in 0..<4 { connections.append(try RawConnection(port: port)) }
                try await connections[0].send(Array("GET /metrics HT".utf8))
            }
            for connection in connections { connection.close() }
        }
    }

    @Test func `a server that is cancelled before it begins ends too`() async throws {
        for _ in 0..<20 {
            let server = MetricsServer(host: "127.0.0.1", port: 0, logger: Logger(label: "test"), body: { "" })
            let serving = Task { try await server.run() }
            serving.cancel()
            try await serving.value
        }
    }

    @Test func `a connection that says nothing does not keep the server from ending`() async throws {
        var connection: RawConnection?
        try await withMetricsServer { port in connection = try RawConnection(port: port) }
        connection?.close()
    }

    @Test func `it ends with a graceful shutdown, as a service does`() async throws {
        struct Metrics: Service {
            let server: MetricsServer
            func run() async throws { try await server.run() }
        }
        let (ports, feed) = AsyncStream.makeStream(of: Int.self)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let server = MetricsServer(host: "127.0.0.1", port: 0, logger: logger) {
            ""
        } onListening: {
            feed.yield($0)
        }
        let group = ServiceGroup(services: [Metrics(server: server)], logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            var iterator = ports.makeAsyncIterator()
            let port = try #require(await iterator.next())
            let idle = try RawConnection(port: port)
            defer { idle.close() }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }
}

extension String {
    fileprivate func components(_ part: String) -> Int { ranges(of: part).count }
}

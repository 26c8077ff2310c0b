import Glibc
import Grants
import GrantsTestSupport
import Testing

@testable import Sandbox

@Suite(.timeLimit(.minutes(15))) struct LifetimeTests {
    @Test(arguments: [#"{"hang":true}"#, #"{"latency_ms":600000}"#])
    func `a request without an answer does not hold the end up`(faults: String) async throws {
        let connection = try await withSandbox { sandbox in
            try await sandbox.fail(faults)
            let connection = try RawConnection(port: sandbox.port)
            try await connection.send(Self.introspection)
            while try await sandbox.count("introspect", "requests") == 0 {}
            return connection
        }
        #expect(try await connection.receiveAll().isEmpty)
        connection.close()
    }

    @Test func `a dripping answer does not hold the end up`() async throws {
        let (connection, received) = try await withSandbox { sandbox in
            try await sandbox.fail(#"{"drip_ms_per_byte":60000}"#)
            let connection = try RawConnection(port: sandbox.port)
            try await connection.send(Self.introspection)
            return (connection, try await connection.receive())
        }
        #expect(received.starts(with: "HTTP/1.1 200 OK".utf8))
        let rest = try await connection.receiveAll()
        #expect(Reply(received + rest) == nil)
        connection.close()
    }

    @Test func `a connection kept open does not hold the end up`() async throws {
        let connection = try await withSandbox { sandbox in
            let connection = try RawConnection(port: sandbox.port)
            let message = RunningSandbox.message(
                "GET",
                "/sandbox/stats",
                fields: ["Connection": "keep-alive"]
            )
            for _ in 0..<2 {
                try await connection.send(message)
                #expect(try await connection.receive().starts(with: "HTTP/1.1 200 OK".utf8))
            }
            return connection
        }
        #expect(try await connection.receiveAll().isEmpty)
        connection.close()
    }

    /// More connections than are accepted at once: some are accepted and not begun with when the end comes.
    @Test func `connections that come while it ends harm nobody`() async throws {
        for _ in 0..<30 {
            let connections = try await withSandbox { sandbox in
                try (0..<64).map { _ in try RawConnection(port: sandbox.port) }
            }
            for connection in connections { connection.close() }
        }
    }

    @Test func `half a request does not hold the end up`() async throws {
        let connections = try await withSandbox { sandbox in
            let head = try RawConnection(port: sandbox.port)
            try await head.send(Array("POST /introspect HTTP/1.1\r\nHost: ".utf8))
            let body = try RawConnection(port: sandbox.port)
            try await body.send(Array(Self.introspection.dropLast(5)))
            while try await sandbox.count("introspect", "requests") == 0 {}
            return [head, body]
        }
        for connection in connections {
            #expect(try await connection.receiveAll().isEmpty)
            connection.close()
        }
    }

    @Test func `a caller that hangs up is not waited for`() async throws {
        try await withSandbox { sandbox in
            try await sandbox.fail(#"{"hang":true}"#)
            let connection = try RawConnection(port: sandbox.port)
            try await connection.send(Self.introspection)
            while try await sandbox.count("introspect", "hanging") == 0 {}
            connection.close()
            while try await sandbox.count("introspect", "hanging") != 0 {}
        }
    }

    @Test func `a port in use is said`() async throws {
        try await withSandbox { sandbox in
            var options = SandboxOptions()
            options.port = sandbox.port
            let second = SandboxServer(options: options)
            let error = await #expect(throws: SandboxError.self) { try await second.run { _ in } }
            #expect(
                error?.message.hasPrefix("the sandbox cannot listen on 127.0.0.1, port \(sandbox.port): ")
                    == true
            )
            #expect(error?.hint == "choose another port, or 0 for any free one")
        }
    }

    @Test func `onReady may make requests, and the answers have the machine's date`() async throws {
        let (replies, feed) = AsyncStream.makeStream(of: Result<Reply, any Error>.self)
        let task = Task {
            try await SandboxServer().run { port in
                do {
                    feed.yield(.success(try await RunningSandbox(port: port).introspect("t")))
                } catch {
                    feed.yield(.failure(error))
                }
            }
        }
        let before = SystemClock().now()
        var iterator = replies.makeAsyncIterator()
        let reply = try #require(await iterator.next()).get()
        let after = SystemClock().now()
        task.cancel()
        try await task.value
        let seconds = (before.milliseconds / 1_000)...(after.milliseconds / 1_000)
        let dates = seconds.map { HTTPDate.imfFixdate(Timestamp(milliseconds: $0 * 1_000)) }
        #expect(dates.contains(reply.fields["date"] ?? ""))
    }

    // Not by binding it again: a program that another test starts may hold a copy of the socket until its exec.
    @Test func `no socket is left at the port afterwards`() async throws {
        let port = try #require(Self.freePort())
        try await withSandbox {
            $0.port = port
        } _: { sandbox in
            #expect(sandbox.port == port && Self.listens(at: port))
        }
        #expect(!Self.listens(at: port))
    }

    /// Below the ephemeral ports, which other tests' connections and servers get.
    private static func freePort() -> Int? {
        let first = 20_000 + Int(getpid() % 10_000)
        return (first..<first + 1_000).first { port in
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(descriptor) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = in_port_t(port).bigEndian
            address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
            return withUnsafePointer(to: address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
        }
    }

    /// Whether a descriptor of this process listens at the port.
    private static func listens(at port: Int) -> Bool {
        (0..<4_096).contains { descriptor in
            var address = sockaddr_in()
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let status = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    getsockname(Int32(descriptor), $0, &length)
                }
            }
            return status == 0 && address.sin_family == sa_family_t(AF_INET)
                && Int(UInt16(bigEndian: address.sin_port)) == port
        }
    }

    private static let introspection = RunningSandbox.message(
        "POST",
        "/introspect",
        fields: RunningSandbox.formField,
        body: "token=t&client_id=grantkeeper&client_secret=grantkeeper-secret"
    )
}

import Glibc
import Grants
import Testing

@testable import Sandbox

@Suite(.timeLimit(.minutes(1))) struct LifetimeTests {
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

    @Test func `the port is free again afterwards`() async throws {
        // Below the ephemeral ports: nobody's outgoing connection gets it in between.
        var port = 20_000 + Int(getpid() % 10_000)
        while await
            (try? withSandbox {
                $0.port = port
            } _: { _ in
                true
            }) == nil
        { port += 1 }
        let freed = port
        try await withSandbox {
            $0.port = freed
        } _: { sandbox in
            #expect(sandbox.port == freed)
            let reply = try await sandbox.introspect("t")
            #expect(try reply.active == false)
        }
    }

    private static let introspection = RunningSandbox.message(
        "POST",
        "/introspect",
        fields: RunningSandbox.formField,
        body: "token=t&client_id=grantkeeper&client_secret=grantkeeper-secret"
    )
}

import HTTPTransport
import Testing

@testable import CurlTransport

@Suite(.timeLimit(.minutes(15)))
struct `Lifetime` {
    @Test func `a cancelled task gets its failure and the server sees the connection end`() async throws {
        try await LoopbackServer.run { server in
            try await withTransport { transport in
                let task = Task { try await transport.failure(of: server.url("/hang/1")) }
                try await server.says("hang 1")
                task.cancel()
                #expect(try await task.value.code == .cancelled)
                try await server.says("closed")
                #expect(try await transport.get(server.url("/ok")).text == "ok")
            }
        }
    }

    @Test func `a task that is cancelled already sends nothing`() async throws {
        try await LoopbackServer.run { server in
            try await withTransport { transport in
                let task = Task {
                    withUnsafeCurrentTask { $0?.cancel() }
                    return try await transport.failure(of: server.url("/ok"))
                }
                let failure = try await task.value
                #expect(failure.code == .cancelled)
            }
            #expect(try await server.stats().requests == 0)
        }
    }

    @Test func `a cancellation that the thread has read before the request came is not lost`() async throws {
        let request = try CheckedRequest(HTTPRequest(method: .get, url: "https://as.example/"), options: .init())
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            let mailbox = Mailbox()
            mailbox.cancel(1)
            #expect(mailbox.take().cancelled == [1])
            return await withCheckedContinuation { continuation in
                mailbox.submit(Job(id: 1, request: request, next: nil, continuation: continuation))
            }
        }
        guard case .failure(let failure) = await task.value else {
            Issue.record("a cancelled request was answered")
            return
        }
        #expect(failure.code == .cancelled)
    }

    @Test func `a request that waits for a connection can be cancelled`() async throws {
        try await LoopbackServer.run { server in
            try await withTransport({ $0.maximumConnectionsPerHost = 1 }) { transport in
                let first = Task { try await transport.failure(of: server.url("/hang/1")) }
                try await server.says("hang 1")
                let second = Task { try await transport.failure(of: server.url("/hang/2")) }
                second.cancel()
                #expect(try await second.value.code == .cancelled)
                first.cancel()
                #expect(try await first.value.code == .cancelled)
                #expect(try await transport.get(server.url("/ok")).text == "ok")
                #expect(try await server.stats().requests == 2)
            }
        }
    }

    @Test func `cancelling at any moment yields a response or a cancellation and nothing else`() async throws {
        try await LoopbackServer.run { server in
            try await withTransport { transport in
                let outcomes = await withTaskGroup(of: HTTPFailure.Code?.self) { group in
                    for number in 1...200 {
                        group.addTask {
                            let task = Task { try await transport.get(server.url("/ok")) }
                            for _ in 0..<(number % 20) { await Task.yield() }
                            task.cancel()
                            guard case .failure(let failure) = await task.result else { return nil }
                            return (failure as? HTTPFailure)?.code ?? .other
                        }
                    }
                    return await group.reduce(into: Set<HTTPFailure.Code>()) { if let code = $1 { $0.insert(code) } }
                }
                #expect(outcomes.isSubset(of: [.cancelled]))
                let response = try await transport.get(server.url("/ok"))
                #expect(response.text == "ok")
            }
        }
    }

    @Test func `shutdown fails what is in flight and what comes later`() async throws {
        try await LoopbackServer.run { server in
            let transport = try CurlTransport()
            try await withThrowingTaskGroup(of: HTTPFailure.Code.self) { group in
                // 16 are on the wire, 24 wait.
                for _ in 1...40 {
                    group.addTask { try await transport.failure(of: server.url("/hang/x")).code }
                }
                for _ in 1...16 { try await server.says("hang x") }
                await transport.shutdown()
                for try await code in group { #expect(code == .shutDown) }
            }
            let late = try await transport.failure(of: server.url("/ok"))
            #expect(late.code == .shutDown)
            #expect(!late.isTransient)
            #expect(try await server.stats().requests == 16)
        }
    }

    @Test func `shutdown may be called at once from many tasks and again`() async throws {
        let transport = try CurlTransport()
        await withTaskGroup { group in
            for _ in 1...16 { group.addTask { await transport.shutdown() } }
        }
        await transport.shutdown()
    }

    @Test func `requests and shutdown at the same moment leave nobody waiting`() async throws {
        try await LoopbackServer.run { server in
            for _ in 1...20 {
                let transport = try CurlTransport()
                await withTaskGroup(of: HTTPFailure.Code?.self) { group in
                    for number in 1...20 {
                        group.addTask {
                            if number == 10 { await transport.shutdown() }
                            do throws(HTTPFailure) {
                                _ = try await transport.get(server.url("/ok"))
                                return nil
                            } catch {
                                return error.code
                            }
                        }
                    }
                    for await code in group { #expect(code == nil || code == .shutDown) }
                }
            }
        }
    }

    @Test func `a transport that is dropped ends its thread`() async throws {
        var transport: CurlTransport? = try CurlTransport()
        let mailbox = try #require(transport?.mailbox)
        transport = nil
        await mailbox.ended()
    }

    @Test func `a dropped transport that has idle connections closes them`() async throws {
        try await LoopbackServer.run { server in
            var transport: CurlTransport? = try CurlTransport()
            #expect(try await transport?.get(server.url("/ok")).status == 200)
            transport = nil
            try await server.says("closed")
        }
    }
}

import CurlTransport
import HTTPTransport
import Testing

@Suite(.timeLimit(.minutes(15))) struct ContentCodingTests {
    @Test func `gzip that was not asked for is undone`() async throws {
        try await LoopbackServer.run { server in
            let response = try await withTransport { try await $0.get(server.url("/gzip/40")) }
            #expect(response.text == String(repeating: "x", count: 40))
        }
    }

    @Test(arguments: [(100_000, true), (100_001, false), (100_000_000, false)])
    func `the limit holds for the body as it comes out`(_ bytes: Int, _ isRead: Bool) async throws {
        try await LoopbackServer.run { server in
            try await withTransport({ $0.maximumBodyBytes = 100_000 }) { transport in
                let url = server.url("/gzip/\(bytes)")
                guard !isRead else {
                    #expect(try await transport.get(url).body.count == bytes)
                    return
                }
                let failure = try await transport.failure(of: url)
                #expect(failure.code == .bodyTooLarge && !failure.isWorthRepeating)
                #expect(failure.message == "the response's body is longer than 100000 bytes")
            }
        }
    }

    @Test(arguments: ["gzip", "utf-8", "br"])
    func `a coding that the body does not have costs one request, and none of that server is undone from then on`(
        _ coding: String
    ) async throws {
        try await LoopbackServer.run { server in
            try await withTransport { transport in
                let url = server.url("/coded/\(coding)")
                let failure = try await transport.failure(of: url)
                #expect(failure.code == .protocolError && failure.isWorthRepeating)
                #expect(failure.message == "the response's body is not what its Content-Encoding says")
                #expect(try await transport.get(url).text == "not coded at all")
            }
        }
    }

    @Test func `what may not be sent twice never fails for its coding`() async throws {
        try await LoopbackServer.run { server in
            try await withTransport { transport in
                let post = HTTPRequest(method: .post, url: server.url("/coded/gzip"), body: [], timeout: .seconds(30))
                let text = try await transport.send(post).text
                #expect(text == "not coded at all")
            }
        }
    }

    @Test func `a kept connection closed under a request is told apart from a new one`() async throws {
        try await LoopbackServer.run { server in
            try await withTransport { transport in
                // More kept connections than libcurl itself tries one after another.
                try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 1...16 { group.addTask { try await transport.get(server.url("/barrier/16")).status } }
                    for try await status in group { #expect(status == 200) }
                }
                let kept = try await transport.failure(of: server.url("/first"))
                #expect(kept.code == .connectionLost && kept.isWorthRepeating)
                var request = HTTPRequest(method: .get, url: server.url("/first"), timeout: .seconds(30))
                request.usesNewConnection = true
                #expect(try await transport.send(request).text == "first")
                request.url = server.url("/drop")
                let new = try await #require(throws: HTTPFailure.self) { try await transport.send(request) }
                #expect(new.code == .connectionLost && !new.isWorthRepeating)
            }
        }
    }
}

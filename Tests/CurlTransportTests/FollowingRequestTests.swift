import CurlTransport
import HTTPTransport
import Synchronization
import Testing

/// Requests that follow one another on the transport's own thread.
@Suite(.timeLimit(.minutes(15))) struct FollowingRequestTests {
    private func post(_ url: String, _ body: [UInt8], headers: [HTTPHeader] = []) -> HTTPRequest {
        HTTPRequest(method: .post, url: url, headers: headers, body: body, timeout: .seconds(30))
    }

    @Test func `each follows the response to the one before, over the same connection and with its own body`()
        async throws
    {
        let sizes = [3, 0, 1, 255, 256, 257, 5_000, 2]
        let header = HTTPHeader(name: "X-Same", value: "every time")
        let bodies = sizes.map { [UInt8](repeating: UInt8(ascii: "a") + UInt8($0 % 26), count: $0) }
        let echoes = Gathered<String>()
        try await LoopbackServer.run { server in
            try await withTransport { transport in
                let url = server.url("/echo")
                try await transport.send(post(url, bodies[0], headers: [header])) { response in
                    let count = echoes.add(response.text)
                    return count < bodies.count ? post(url, bodies[count], headers: [header]) : nil
                }
            }
            #expect(try await server.stats() == .init(connections: 1, requests: sizes.count, peak: 1))
        }
        let (seen, expected) = (echoes.all, bodies.map { String(decoding: $0, as: UTF8.self) })
        try #require(seen.count == sizes.count)
        for (echo, body) in zip(seen, expected) {
            #expect(echo.hasSuffix("\r\n\r\n" + body) && echo.contains("X-Same: every time"))
            #expect(echo.contains("Content-Length: \(body.utf8.count)\r\n") || body.isEmpty)
        }
    }

    @Test func `method, path and headers may differ from one to the next`() async throws {
        let echoes = Gathered<String>()
        try await LoopbackServer.run { server in
            let requests = [
                post(server.url("/echo/1"), Array("one".utf8), headers: [HTTPHeader(name: "X-A", value: "1")]),
                HTTPRequest(method: .get, url: server.url("/echo/2")),
                HTTPRequest(
                    method: .delete,
                    url: server.url("/echo/3"),
                    headers: [HTTPHeader(name: "X-B", value: "2")]
                ),
                post(server.url("/echo/4"), Array("four".utf8)),
            ]
            try await withTransport { transport in
                try await transport.send(requests[0]) { response in
                    let count = echoes.add(response.text)
                    return count < requests.count ? requests[count] : nil
                }
            }
        }
        let lines = echoes.all.map { $0.prefix { $0 != "\r\n" } }
        #expect(
            lines == [
                "POST /echo/1 HTTP/1.1", "GET /echo/2 HTTP/1.1", "DELETE /echo/3 HTTP/1.1", "POST /echo/4 HTTP/1.1",
            ]
        )
        let bodies = echoes.all.map { $0.split(separator: "\r\n\r\n").dropFirst().joined() }
        #expect(bodies == ["one", "", "", "four"])
        #expect(echoes.all.map { $0.contains("X-A: 1") } == [true, false, false, false])
        #expect(echoes.all.map { $0.contains("X-B: 2") } == [false, false, true, false])
    }

    @Test func `a header that differs is seen, and one that repeats is the same`() async throws {
        let headers = Gathered<[HTTPHeader]>()
        try await LoopbackServer.run { server in
            let paths = ["/repeated", "/repeated", "/gzip/40", "/interim", "/status/204", "/repeated"]
            let requests = paths.map { HTTPRequest(method: .get, url: server.url($0)) }
            try await withTransport { transport in
                try await transport.send(requests[0]) { response in
                    let count = headers.add(response.headers)
                    return count < requests.count ? requests[count] : nil
                }
                // As they come alone.
                for (request, seen) in zip(requests, headers.all) {
                    #expect(try await transport.send(request).headers == seen, "\(request)")
                }
            }
        }
        #expect(headers.all.count == 6)
    }

    @Test func `a cancelled task gets its failure at once, and nothing more is sent`() async throws {
        try await LoopbackServer.run { server in
            try await withTransport { transport in
                let (first, hanging) = (server.url("/ok"), server.url("/hang/1"))
                let task = Task {
                    try await #require(throws: HTTPFailure.self) {
                        try await transport.send(HTTPRequest(method: .get, url: first, timeout: .seconds(30))) { _ in
                            HTTPRequest(method: .get, url: hanging, timeout: .seconds(30))
                        }
                    }
                }
                try await server.says("hang 1")
                task.cancel()
                #expect(try await task.value.code == .cancelled)
                #expect(try await transport.get(first).text == "ok")
            }
            #expect(try await server.stats().requests == 3)
        }
    }

    @Test(arguments: [
        ("/drop", HTTPFailure.Code.connectionLost), ("/bytes/70000", .bodyTooLarge), ("/drip/1", .timeout),
    ])
    func `a failure ends it and is about the last one, whose time began when it was sent`(
        path: String,
        code: HTTPFailure.Code
    ) async throws {
        let answered = Gathered<Int>()
        try await LoopbackServer.run { server in
            try await withTransport { transport in
                let (good, bad) = (server.url("/ok"), server.url(path))
                let failure = try await #require(throws: HTTPFailure.self) {
                    try await transport.send(HTTPRequest(method: .get, url: good)) { response in
                        answered.add(response.status) < 5
                            ? HTTPRequest(method: .get, url: good)
                            : HTTPRequest(method: .get, url: bad, timeout: .milliseconds(300))
                    }
                }
                #expect(failure.code == code)
            }
        }
        #expect(answered.all == [200, 200, 200, 200, 200])
    }

    @Test func `one that may not be sent ends it, and is not sent`() async throws {
        try await LoopbackServer.run { server in
            let good = server.url("/ok")
            let refused = [
                HTTPRequest(method: .get, url: good, headers: [HTTPHeader(name: "X", value: "a\r\nb: c")]),
                HTTPRequest(method: .get, url: server.url("/ok", host: "localhost")),
                HTTPRequest(method: .get, url: good, body: [1]),
            ]
            try await withTransport { transport in
                for request in refused {
                    let answered = Gathered<Int>()
                    let failure = try await #require(throws: HTTPFailure.self) {
                        try await transport.send(HTTPRequest(method: .get, url: good)) {
                            answered.add($0.status) == 1 ? request : nil
                        }
                    }
                    #expect(failure.code == .invalidRequest)
                }
            }
            #expect(try await server.stats().requests == refused.count)
        }
    }

    @Test func `many at once keep to the connections that are allowed, and nobody starves`() async throws {
        try await LoopbackServer.run { server in
            try await withTransport({ $0.maximumConnectionsPerHost = 3 }) { transport in
                let request = HTTPRequest(method: .get, url: server.url("/ok"), timeout: .seconds(60))
                let counts = await withTaskGroup(of: Int.self) { group in
                    for _ in 0..<12 {
                        group.addTask {
                            let answered = Gathered<Int>()
                            try? await transport.send(request) { answered.add($0.status) < 20 ? request : nil }
                            return answered.all.count
                        }
                    }
                    return await group.reduce(into: []) { $0.append($1) }
                }
                #expect(counts == Array(repeating: 20, count: 12))
            }
            let stats = try await server.stats()
            #expect(stats.requests == 240 && stats.peak <= 3)
        }
    }

    @Test func `shutdown ends it`() async throws {
        try await LoopbackServer.run { server in
            try await withTransport { transport in
                let (first, hanging) = (server.url("/ok"), server.url("/hang/1"))
                let task = Task {
                    try await #require(throws: HTTPFailure.self) {
                        try await transport.send(HTTPRequest(method: .get, url: first, timeout: .seconds(30))) { _ in
                            HTTPRequest(method: .get, url: hanging, timeout: .seconds(30))
                        }
                    }
                }
                try await server.says("hang 1")
                await transport.shutdown()
                #expect(try await task.value.code == .shutDown)
            }
        }
    }
}

private final class Gathered<Element: Sendable>: Sendable {
    private let elements = Mutex<[Element]>([])

    var all: [Element] { elements.withLock { $0 } }

    /// How many there are now.
    @discardableResult
    func add(_ element: Element) -> Int {
        elements.withLock { elements in
            elements.append(element)
            return elements.count
        }
    }
}

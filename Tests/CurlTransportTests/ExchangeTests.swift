import CurlTransport
import Glibc
import HTTPTransport
import Testing

@Suite(.timeLimit(.minutes(15)))
struct `Exchange over HTTP/1.1` {
    @Test(arguments: [
        (HTTPMethod.get, nil), (.post, "token=a%20b"), (.post, ""), (.post, nil), (.delete, nil), (.delete, "x"),
    ])
    func `the message is what the caller asked for and nothing more`(_ method: HTTPMethod, _ body: String?) async throws
    {
        try await LoopbackServer.run { server in
            let response = try await withTransport { transport in
                try await transport.send(
                    HTTPRequest(
                        method: method,
                        url: server.url("/echo?a=%2F"),
                        headers: [
                            HTTPHeader(name: "Authorization", value: "Basic eA=="),
                            HTTPHeader(name: "X-Empty", value: ""),
                        ],
                        body: body.map { Array($0.utf8) }
                    )
                )
            }
            let isBodied = method == .post || body != nil
            let expected =
                [
                    "\(method.rawValue) /echo?a=%2F HTTP/1.1", "Host: 127.0.0.1:\(server.port)",
                    "User-Agent: grantkeeper", "Accept: */*", "Authorization: Basic eA==", "X-Empty:",
                ] + (isBodied ? ["Content-Length: \(body?.utf8.count ?? 0)"] : []) + ["", body ?? ""]
            #expect(response.status == 200)
            // libcurl sends Content-Length before the caller's headers or after them.
            #expect(
                response.text.split(separator: "\r\n", omittingEmptySubsequences: false).map(String.init).sorted()
                    == expected.sorted()
            )
        }
    }

    @Test func `one handle sends one request after another without mixing them up`() async throws {
        try await LoopbackServer.run { server in
            try await withTransport { transport in
                let post = HTTPRequest(
                    method: .post,
                    url: server.url("/echo"),
                    headers: [HTTPHeader(name: "X-First", value: "1")],
                    body: Array("secret".utf8)
                )
                _ = try await transport.send(post)
                let second = try await transport.get(server.url("/echo")).text
                #expect(second.hasPrefix("GET /echo HTTP/1.1\r\n"))
                #expect(!second.contains("X-First"))
                #expect(!second.contains("secret"))
                #expect(!second.contains("Content-Length"))
                _ = try await transport.send(HTTPRequest(method: .delete, url: server.url("/echo")))
                #expect(try await transport.get(server.url("/echo")).text.hasPrefix("GET "))
            }
        }
    }

    @Test func `a connection is kept for the next request`() async throws {
        try await LoopbackServer.run { server in
            try await withTransport { transport in
                for _ in 1...20 {
                    let response = try await transport.get(server.url("/ok"))
                    #expect(response.text == "ok")
                }
            }
            #expect(try await server.stats() == .init(connections: 1, requests: 20, peak: 1))
        }
    }

    @Test func `a kept connection that the server has closed costs no failure`() async throws {
        try await LoopbackServer.run { server in
            try await withTransport { transport in
                #expect(try await transport.get(server.url("/once")).text == "once")
                try await server.says("closed")
                #expect(try await transport.get(server.url("/ok")).text == "ok")
            }
        }
    }

    @Test(arguments: [200, 204, 301, 302, 303, 304, 307, 308, 400, 401, 404, 429, 500, 503])
    func `any status is a response and no redirect is followed`(_ status: Int) async throws {
        try await LoopbackServer.run { server in
            let response = try await withTransport { try await $0.get(server.url("/status/\(status)")) }
            #expect(response.status == status)
            #expect(response.header("location") == "/ok")
            #expect(try await server.stats().requests == 1)
        }
    }

    @Test func `headers keep their order and lose only the blanks around their values`() async throws {
        try await LoopbackServer.run { server in
            try await withTransport { transport in
                let response = try await transport.get(server.url("/repeated"))
                #expect(response.headers(named: "X-Same") == ["one", "two"])
                #expect(response.header("x-empty")?.isEmpty == true)
                #expect(response.header("set-cookie") == "a=b; path=/")
                #expect(try await !transport.get(server.url("/echo")).text.lowercased().contains("cookie"))
            }
        }
    }

    @Test func `interim responses and trailers leave nothing behind`() async throws {
        try await LoopbackServer.run { server in
            try await withTransport { transport in
                let response = try await transport.get(server.url("/interim"))
                #expect(response.status == 200)
                #expect(response.text == "done")
                #expect(response.headers.map(\.name) == ["X-Late", "Content-Length"])
                let streamed = try await transport.get(server.url("/stream/20000"))
                #expect(streamed.body.count == 20_000)
                #expect(streamed.header("x-trailer") == nil)
            }
        }
    }

    @Test func `500 requests at once need no more than 16 connections`() async throws {
        try await LoopbackServer.run { server in
            let bodies = try await withTransport { transport in
                try await withThrowingTaskGroup(of: String.self) { group in
                    for _ in 1...500 {
                        group.addTask { try await transport.get(server.url("/ok")).text }
                    }
                    return try await group.reduce(into: [String]()) { $0.append($1) }
                }
            }
            #expect(bodies == Array(repeating: "ok", count: 500))
            let stats = try await server.stats()
            #expect(stats.requests == 500)
            #expect(stats.connections <= 16)
        }
    }

    @Test func `16 requests are really on the wire together`() async throws {
        try await LoopbackServer.run { server in
            try await withTransport { transport in
                try await withThrowingTaskGroup(of: Int.self) { group in
                    // The server answers none of them before all 16 are there.
                    for _ in 1...16 {
                        group.addTask { try await transport.get(server.url("/barrier/16")).status }
                    }
                    for try await status in group { #expect(status == 200) }
                }
            }
            #expect(try await server.stats() == .init(connections: 16, requests: 16, peak: 16))
        }
    }

    @Test func `a server that hangs holds up no other`() async throws {
        try await LoopbackServer.run { slow in
            try await LoopbackServer.run { quick in
                try await withTransport { transport in
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for number in 1...40 {
                            group.addTask { _ = try? await transport.get(slow.url("/hang/\(number)")) }
                        }
                        try await slow.says("hang 16")
                        #expect(try await transport.get(quick.url("/ok")).text == "ok")
                        group.cancelAll()
                    }
                }
            }
        }
    }

    @Test func `the environment's proxies are not used`() async {
        // In a process of its own: the environment belongs to all tests.
        await #expect(processExitsWith: .success) {
            for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
                setenv(name, "http://127.0.0.1:1", 1)
            }
            unsetenv("no_proxy")
            unsetenv("NO_PROXY")
            try await LoopbackServer.run { server in
                try await withTransport({ $0.allowInsecureHTTP = ["127.1"] }) { transport in
                    for host in ["127.0.0.1", "127.1"] {
                        try #require(await transport.get(server.url("/ok", host: host)).text == "ok")
                    }
                }
            }
        }
    }

    @Test func `the proxy of the options is used, but never for loopback`() async throws {
        try await LoopbackServer.run { server in
            try await withTransport({ $0.proxy = server.url("") }) { transport in
                let failure = try await transport.failure(of: "https://as.example/")
                #expect(failure.code == .connect)
                #expect(failure.message == "the proxy refuses with status 403")
                try await server.says("connect as.example:443")
                #expect(try await transport.get(server.url("/echo")).text.hasPrefix("GET /echo HTTP/1.1"))
            }
        }
    }
}

import CurlTransport
import HTTPTransport
import Testing

@Suite(.timeLimit(.minutes(15)))
struct `TLS` {
    @Test(arguments: [
        ("loopback.pem", "authority.pem", "127.0.0.1"), ("loopback.pem", "authority.pem", "localhost"),
        ("self-signed.pem", "self-signed.pem", "127.0.0.1"),
    ])
    func `a certificate of the named authority is accepted`(
        _ certificate: String,
        _ authority: String,
        _ host: String
    ) async throws {
        try await LoopbackServer.run(["--certificate", Fixture.path(certificate)]) { server in
            let response = try await withTransport({ $0.caFile = Fixture.path(authority) }) { transport in
                try await transport.get(server.url("/ok", scheme: "https", host: host))
            }
            #expect(response.text == "ok")
        }
    }

    @Test(arguments: [
        ("self-signed.pem", nil, "127.0.0.1"), ("self-signed.pem", "authority.pem", "127.0.0.1"),
        ("loopback.pem", nil, "127.0.0.1"), ("elsewhere.pem", "authority.pem", "127.0.0.1"),
        ("elsewhere.pem", "authority.pem", "localhost"), ("expired.pem", "authority.pem", "127.0.0.1"),
    ])
    func `any other certificate is refused and no request is sent`(
        _ certificate: String,
        _ authority: String?,
        _ host: String
    ) async throws {
        try await LoopbackServer.run(["--certificate", Fixture.path(certificate)]) { server in
            try await withTransport({ $0.caFile = authority.map { Fixture.path($0) } }) { transport in
                let failure = try await transport.failure(of: server.url("/ok", scheme: "https", host: host))
                #expect(failure.code == .tls)
                #expect(!failure.isTransient)
                #expect(failure.message.hasPrefix("the server's certificate is not trusted: "))
            }
            #expect(try await server.stats().requests == 0)
        }
    }

    @Test(arguments: ["TLSv1", "TLSv1_1"])
    func `a server without TLS 1_2 is refused`(_ version: String) async throws {
        let arguments = ["--certificate", Fixture.path("loopback.pem"), "--maximum-tls", version]
        try await LoopbackServer.run(arguments) { server in
            try await withTransport({ $0.caFile = Fixture.authority }) { transport in
                let failure = try await transport.failure(of: server.url("/ok", scheme: "https"))
                #expect(failure.code == .tls)
            }
            #expect(try await server.stats().requests == 0)
        }
    }

    @Test func `TLS 1_2 is enough`() async throws {
        let arguments = ["--certificate", Fixture.path("loopback.pem"), "--maximum-tls", "TLSv1_2"]
        try await LoopbackServer.run(arguments) { server in
            let response = try await withTransport({ $0.caFile = Fixture.authority }) { transport in
                try await transport.get(server.url("/ok", scheme: "https"))
            }
            #expect(response.text == "ok")
        }
    }

    @Test func `a server that wants a client certificate gets it`() async throws {
        let arguments = ["--certificate", Fixture.path("loopback.pem"), "--client-authority", Fixture.authority]
        try await LoopbackServer.run(arguments) { server in
            try await withTransport({ $0.caFile = Fixture.authority }) { transport in
                _ = try await transport.failure(of: server.url("/ok", scheme: "https"))
            }
            let response = try await withTransport({
                $0.caFile = Fixture.authority
                $0.clientCertificate = Fixture.path("client.pem")
            }) { transport in
                try await transport.get(server.url("/ok", scheme: "https"))
            }
            #expect(response.text == "ok")
            #expect(try await server.stats().requests == 1)
        }
    }

    @Test func `https to a server without TLS fails`() async throws {
        try await LoopbackServer.run { server in
            try await withTransport({ $0.connectTimeout = .milliseconds(500) }) { transport in
                let failure = try await transport.failure(of: server.url("/ok", scheme: "https"))
                #expect([.tls, .timeout].contains(failure.code))
            }
            #expect(try await server.stats().requests == 0)
        }
    }

    @Test func `a connection over TLS is kept for the next request`() async throws {
        try await LoopbackServer.run(["--certificate", Fixture.path("loopback.pem")]) { server in
            try await withTransport({ $0.caFile = Fixture.authority }) { transport in
                for _ in 1...10 { _ = try await transport.get(server.url("/ok", scheme: "https")) }
            }
            #expect(try await server.stats().connections == 1)
        }
    }
}

@Suite(.timeLimit(.minutes(15)))
struct `HTTP/2 over TLS` {
    private static let arguments = ["--certificate", Fixture.path("loopback.pem"), "--http2"]

    @Test func `a server that offers it is spoken to in it`() async throws {
        try await LoopbackServer.run(Self.arguments) { server in
            let response = try await withTransport({ $0.caFile = Fixture.authority }) { transport in
                try await transport.get(server.url("/ok", scheme: "https"))
            }
            #expect(response.status == 200)
            #expect(response.text == "over http2")
        }
    }

    @Test func `one connection carries many requests at once`() async throws {
        try await LoopbackServer.run(Self.arguments) { server in
            try await withTransport({ $0.caFile = Fixture.authority }) { transport in
                let url = server.url("/", scheme: "https")
                _ = try await transport.get(url)
                try await withThrowingTaskGroup(of: Int.self) { group in
                    // The server answers none of them before all 64 are there.
                    for _ in 1...64 {
                        group.addTask {
                            try await transport.send(
                                HTTPRequest(method: .post, url: url, body: Array("64".utf8), timeout: .seconds(30))
                            ).status
                        }
                    }
                    for try await status in group { #expect(status == 200) }
                }
            }
            #expect(try await server.stats() == .init(connections: 1, requests: 65, peak: 64))
        }
    }

    @Test func `a server that allows 1000 resets on a connection fails no request`() async throws {
        try await LoopbackServer.run(Self.arguments + ["--reset-limit", "1000"]) { server in
            try await withTransport({ $0.caFile = Fixture.authority }) { transport in
                try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 1...2500 {
                        group.addTask { try await transport.get(server.url("/", scheme: "https")).status }
                    }
                    for try await status in group { #expect(status == 200) }
                }
            }
            let stats = try await server.stats()
            #expect(stats.requests == 2500)
            #expect((3...6).contains(stats.connections))
        }
    }

    @Test func `500 requests at once need one connection`() async throws {
        try await LoopbackServer.run(Self.arguments) { server in
            try await withTransport({ $0.caFile = Fixture.authority }) { transport in
                try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 1...500 {
                        group.addTask { try await transport.get(server.url("/", scheme: "https")).status }
                    }
                    for try await status in group { #expect(status == 200) }
                }
            }
            let stats = try await server.stats()
            #expect(stats.requests == 500)
            #expect(stats.connections == 1)
            #expect(stats.peak <= 100)
        }
    }
}

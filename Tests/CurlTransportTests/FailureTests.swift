import CurlTransport
import Glibc
import HTTPTransport
import Testing

@Suite(.timeLimit(.minutes(15)))
struct `Failures of an exchange` {
    @Test(arguments: ["bytes", "stream"])
    func `a body of exactly the limit is a response and one byte more is a failure`(_ kind: String) async throws {
        try await LoopbackServer.run { server in
            try await withTransport { transport in
                #expect(try await transport.get(server.url("/\(kind)/65536")).body.count == 65_536)
                let failure = try await transport.failure(of: server.url("/\(kind)/65537"))
                #expect(failure.code == .bodyTooLarge)
                #expect(!failure.isTransient)
                #expect(try await transport.get(server.url("/ok")).text == "ok")
            }
        }
    }

    @Test func `a header block beyond the limit is a failure`() async throws {
        try await LoopbackServer.run { server in
            try await withTransport { transport in
                let response = try await transport.get(server.url("/headers/60000"))
                #expect(response.status == 200)
                #expect(try await transport.failure(of: server.url("/headers/70000")).code == .protocolError)
            }
        }
    }

    @Test(arguments: ["hang", "drip"])
    func `a response that does not come to its end in time is a timeout`(_ kind: String) async throws {
        try await LoopbackServer.run { server in
            try await withTransport { transport in
                let failure = try await transport.failure(of: server.url("/\(kind)/1"), timeout: .milliseconds(400))
                #expect(failure.code == .timeout)
                #expect(failure.isTransient)
                #expect(failure.host == "127.0.0.1")
                // The connection is not used again.
                try await server.says("closed")
                #expect(try await transport.get(server.url("/ok")).text == "ok")
            }
        }
    }

    @Test func `the time spent waiting for a connection counts`() async throws {
        try await LoopbackServer.run { server in
            try await withTransport({ $0.maximumConnectionsPerHost = 1 }) { transport in
                async let first = transport.failure(of: server.url("/hang/1"), timeout: .seconds(20))
                try await server.says("hang 1")
                let second = try await transport.failure(of: server.url("/ok"), timeout: .milliseconds(200))
                #expect(second.code == .timeout)
                #expect(try await server.stats().requests == 1)
                await transport.shutdown()
                #expect(try await first.code == .shutDown)
            }
        }
    }

    @Test func `no time at all is a timeout`() async throws {
        try await LoopbackServer.run { server in
            try await withTransport { transport in
                let failure = try await transport.failure(of: server.url("/hang/1"), timeout: .seconds(-1))
                #expect(failure.code == .timeout)
            }
        }
    }

    @Test func `a port where nobody listens refuses the connection`() async throws {
        // Bound but not listening: nobody else can take the port meanwhile.
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                _ = bind(socket, pointer, length)
                _ = getsockname(socket, pointer, &length)
            }
        }
        let port = UInt16(bigEndian: address.sin_port)
        try #require(port != 0)
        try await withTransport { transport in
            let failure = try await transport.failure(of: "http://127.0.0.1:\(port)/")
            #expect(failure.code == .connect)
            #expect(failure.isTransient)
            #expect(failure.description.hasPrefix("GET to '127.0.0.1': no connection: "))
        }
    }

    @Test(arguments: [
        ("garbage", HTTPFailure.Code.protocolError), ("truncated", .connectionLost), ("drop", .connectionLost),
    ])
    func `what is no complete response is a transient failure`(_ kind: String, _ code: HTTPFailure.Code) async throws {
        try await LoopbackServer.run { server in
            try await withTransport { transport in
                let failure = try await transport.failure(of: server.url("/\(kind)"))
                #expect(failure.code == code)
                #expect(failure.isTransient)
                #expect(try await transport.get(server.url("/ok")).text == "ok")
            }
        }
    }

    @Test func `http to any other host is refused before a packet leaves`() async throws {
        try await LoopbackServer.run { server in
            // libcurl itself would take each of these hosts to the server.
            let hosts = ["127.1", "0x7f000001", "2130706433", "localhost.", "[::ffff:127.0.0.1]"]
            try await withTransport { transport in
                for host in hosts {
                    let failure = try await transport.failure(of: server.url("/ok", host: host))
                    #expect(failure.code == .insecureURL)
                }
            }
            #expect(try await server.stats() == .init(connections: 0, requests: 0, peak: 0))
            try await withTransport({ $0.allowInsecureHTTP = ["127.1"] }) { transport in
                let response = try await transport.get(server.url("/ok", host: "127.1"))
                #expect(response.text == "ok")
            }
            #expect(try await server.stats().connections == 1)
        }
    }

    @Test func `a header with a line break never reaches the server`() async throws {
        try await LoopbackServer.run { server in
            let request = HTTPRequest(
                method: .get,
                url: server.url("/echo"),
                headers: [HTTPHeader(name: "X-A", value: "a\r\nX-Injected: yes")]
            )
            try await withTransport { transport in
                let failure = try await #require(throws: HTTPFailure.self) { _ = try await transport.send(request) }
                #expect(failure.code == .invalidRequest)
            }
            #expect(try await server.stats().connections == 0)
        }
    }

    @Test func `options that cannot work fail at the start and tell no password`() throws {
        var options = CurlTransport.Options()
        options.caFile = "/nonexistent/ca.pem"
        let noFile = try #require(throws: HTTPFailure.self) { _ = try CurlTransport(options: options) }
        #expect(noFile.code == .tls)
        #expect(noFile.description == "setup: cannot read the file '/nonexistent/ca.pem' with the authorities")
        options = .init()
        options.proxy = "http://me:hunter2@proxy example:1"
        let noProxy = try #require(throws: HTTPFailure.self) { _ = try CurlTransport(options: options) }
        #expect(noProxy.code == .invalidURL)
        #expect(!"\(noProxy) \(noProxy.hint ?? "")".contains("hunter2"))
    }
}

import HTTPTransport
import Testing

@testable import CurlTransport

struct `Checked request` {
    private static func check(
        _ url: String = "https://as.example/",
        headers: [HTTPHeader] = [],
        options: CurlTransport.Options = .init()
    ) throws(HTTPFailure) -> CheckedRequest {
        try CheckedRequest(HTTPRequest(method: .post, url: url, headers: headers), options: options)
    }

    @Test(arguments: [
        HTTPHeader(name: "X-A", value: "v\r\nX-B: injected"), HTTPHeader(name: "X-A", value: "v\nX-B: injected"),
        HTTPHeader(name: "X-A", value: "v\r"), HTTPHeader(name: "X-A", value: "v\u{0}w"),
        HTTPHeader(name: "X-A", value: "\u{7F}"), HTTPHeader(name: "X-A", value: "ü"),
        HTTPHeader(name: "X-A\r\nX-B", value: "v"), HTTPHeader(name: "X A", value: "v"),
        HTTPHeader(name: "X-A:", value: "v"), HTTPHeader(name: "X-A;", value: "v"), HTTPHeader(name: "", value: "v"),
        HTTPHeader(name: "Ü", value: "v"), HTTPHeader(name: "Host", value: "evil"),
        HTTPHeader(name: "content-length", value: "0"), HTTPHeader(name: "Transfer-Encoding", value: "chunked"),
        HTTPHeader(name: "ACCEPT-ENCODING", value: "gzip"), HTTPHeader(name: "Cookie", value: "a=b"),
    ])
    func `a header that could change the message is refused, and its value is not told`(_ header: HTTPHeader) throws {
        let failure = try #require(throws: HTTPFailure.self) { try Self.check(headers: [header]) }
        #expect(failure.code == .invalidRequest)
        #expect(!"\(failure)".contains("injected"))
        #expect(!"\(failure)".contains("\r"))
    }

    @Test func `a GET with a body is refused`() throws {
        let request = HTTPRequest(method: .get, url: "https://as.example/", body: [1])
        let failure = try #require(throws: HTTPFailure.self) { try CheckedRequest(request, options: .init()) }
        #expect(failure.code == .invalidRequest)
    }

    @Test func `an invalid URL is not quoted`() throws {
        let failure = try #require(throws: HTTPFailure.self) { try Self.check("https://me:hunter2@as.example/") }
        #expect(failure.code == .invalidURL)
        #expect(!"\(failure) \(failure.hint ?? "")".contains("hunter2"))
        #expect(failure.description == "POST: the URL holds a user name or password")
    }

    @Test func `http is for loopback and for hosts that are named`() throws {
        var options = CurlTransport.Options()
        options.allowInsecureHTTP = ["legacy.example"]
        _ = try Self.check("http://127.0.0.1/", options: options)
        _ = try Self.check("http://LEGACY.example:8080/", options: options)
        for url in ["http://as.example/", "http://legacy.example.evil/", "http://sub.legacy.example/"] {
            let failure = try #require(throws: HTTPFailure.self) { try Self.check(url, options: options) }
            #expect(failure.code == .insecureURL)
        }
    }

    @Test func `no description shows headers, body or path`() {
        let request = HTTPRequest(
            method: .post,
            url: "https://me:hunter2@as.example/tokens/sesame?t=sesame",
            headers: [HTTPHeader(name: "Authorization", value: "Basic sesame")],
            body: Array("token=sesame".utf8)
        )
        let response = HTTPResponse(
            status: 200,
            headers: [HTTPHeader(name: "X-Token", value: "sesame")],
            body: Array("sesame".utf8)
        )
        var options = CurlTransport.Options()
        options.proxy = "http://me:sesame@proxy.example"
        for value: Any in [request, response, options, request.headers, [request]] {
            var dumped = ""
            dump(value, to: &dumped)
            for text in ["\(value)", String(reflecting: value), dumped] {
                #expect(!text.contains("sesame"))
                #expect(!text.contains("hunter2"))
                #expect(!text.contains("115, 101, 115"))
            }
        }
        #expect("\(request)" == "POST https://as.example (1 headers, 12 bytes)")
    }

    @Test func `header names are found in any letter case`() {
        let response = HTTPResponse(
            status: 200,
            headers: [HTTPHeader(name: "Retry-After", value: "1"), HTTPHeader(name: "retry-after", value: "2")]
        )
        #expect(response.header("RETRY-AFTER") == "1")
        #expect(response.headers(named: "retry-After") == ["1", "2"])
        #expect(response.header("Retry") == nil)
    }
}

import HTTPTransport
import Testing

@testable import CurlTransport

struct `Request address` {
    @Test(arguments: [
        ("https://as.example/introspect?x=%20", "as.example", 443, true),
        ("HTTPS://AS.Example:8443", "as.example", 8443, true),
        ("http://127.0.0.1:80/", "127.0.0.1", 80, false),
        ("https://[2001:DB8::1]:9/a", "2001:db8::1", 9, true),
        ("https://h?q", "h", 443, true),
    ])
    func `is read as libcurl reads it`(_ url: String, _ host: String, _ port: Int, _ isSecure: Bool) throws {
        let address = try RequestAddress(url)
        #expect(address.host == host)
        #expect(Int(address.port) == port)
        #expect(address.isSecure == isSecure)
    }

    @Test(arguments: [
        "", "https", "https://", "https:///path", "https:host/", "ftp://h/", "file:///etc/passwd", "//h/", "gopher://h",
        "https://user@h/", "https://user:pass@h/", "https://h@evil/", "https://h\\@evil/", "https://a b/",
        "https://h/a b",
        "https://h/#f", "https://h#f", "https://h/%zz", "https://h/%2", "https://h/{x}", "https://h/\"",
        "https://h/a\\b",
        "https://h:0/", "https://h:65536/", "https://h:/", "https://h:+1/", "https://h:1:2/", "https://[::1",
        "https://[::1]x/",
        "https://[fe80::1%25eth0]/", "https://[host]/", "https://h%2e/", "http://127.0.0.+1/", "https://h\r\nX: y/",
        "https://h/\u{0}",
        "https://h/\u{7F}", "https://h/ü", "https://bücher.example/", " https://h/", "https://h/\n",
    ])
    func `refuses what is not an absolute URL of the permitted form`(_ url: String) {
        #expect(throws: RequestAddress.Invalid.self) { try RequestAddress(url) }
    }

    @Test func `refuses a URL of more than 16 KiB`() throws {
        let start = "https://h/"
        _ = try RequestAddress(start + String(repeating: "a", count: 16_384 - start.count))
        #expect(throws: RequestAddress.Invalid.self) {
            try RequestAddress(start + String(repeating: "a", count: 16_385 - start.count))
        }
    }

    @Test(arguments: [
        ("127.0.0.1", true), ("127.255.3.4", true), ("localhost", true), ("LOCALHOST", true), ("[::1]", true),
        ("127.1", false), ("127.0.0.01", false), ("0177.0.0.1", false), ("2130706433", false), ("0x7f.0.0.1", false),
        ("127.0.0.1.example", false), ("127.0.0.1.", false), ("127.0.0.256", false), ("localhost.example", false),
        ("localhost.", false), ("sub.localhost", false), ("128.0.0.1", false), ("[::ffff:127.0.0.1]", false),
        ("[0:0:0:0:0:0:0:1]", false), ("0.0.0.0", false), ("10.0.0.1", false),
    ])
    func `knows loopback by its plain spellings only`(_ host: String, _ isLoopback: Bool) throws {
        #expect(try RequestAddress("http://\(host)/").isLoopback == isLoopback)
    }
}

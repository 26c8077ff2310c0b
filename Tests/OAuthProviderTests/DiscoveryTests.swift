import Grants
import HTTPTransport
import OAuthProvider
import Synchronization
import Testing

@Suite struct DiscoveryTests {
    static func metadata(issuer: String = Scene.issuer, introspection: String = Scene.introspection)
        -> HTTPResponse
    {
        .json(
            #"{"issuer":"\#(issuer)","introspection_endpoint":"\#(introspection)","x":[],"#
                + #""token_endpoint":"\#(Scene.token)"}"#
        )
    }

    @Test(arguments: [
        (
            "https://as.example",
            "https://as.example/.well-known/oauth-authorization-server",
            "https://as.example/.well-known/openid-configuration"
        ),
        (
            "https://as.example/",
            "https://as.example/.well-known/oauth-authorization-server",
            "https://as.example/.well-known/openid-configuration"
        ),
        (
            "https://as.example:8443/realms/t1",
            "https://as.example:8443/.well-known/oauth-authorization-server/realms/t1",
            "https://as.example:8443/realms/t1/.well-known/openid-configuration"
        ),
        (
            "https://as.example/t1/",
            "https://as.example/.well-known/oauth-authorization-server/t1",
            "https://as.example/t1/.well-known/openid-configuration"
        ),
    ])
    func `RFC 8414 inserts and is tried first, OpenID appends`(
        _ issuer: String,
        _ inserted: String,
        _ appended: String
    ) async {
        let scene = Scene(discovers: true) {
            $0.issuer = issuer
        } _: { request in
            switch request.url {
            case appended: Self.metadata(issuer: issuer)
            case Scene.introspection: .inactive
            default: .json("", status: 404)
            }
        }
        #expect(await scene.ask().outcome == .inactive)
        #expect(scene.transport.requests.map(\.url) == [inserted, appended, Scene.introspection])
        #expect(scene.transport.requests.prefix(2).allSatisfy { $0.method == .get && $0.body == nil })
        #expect(scene.transport.requests.prefix(2).allSatisfy { $0.header("Authorization") == nil })
    }

    @Test func `metadata is fetched once, however many need it`() async {
        let scene = Scene(discovers: true) { request in
            request.method == .get ? Self.metadata() : .inactive
        }
        await withTaskGroup(of: IntrospectionAnswer.self) { group in
            for _ in 0..<20 { group.addTask { await scene.ask() } }
            for await answer in group { #expect(answer.outcome == .inactive) }
        }
        scene.time.advance(by: .hours(23))
        _ = await scene.ask()
        #expect(scene.transport.requests.count { $0.method == .get } == 1)
    }

    @Test func `metadata is fetched anew once a day; where that fails the old counts on`() async {
        let moved = "https://as.example/moved"
        let script = Script([
            Self.metadata(), .json(#"{"active":false}"#), .json("gone", status: 500), .json("gone", status: 500),
            .json(#"{"active":false}"#), Self.metadata(introspection: moved), .json(#"{"active":false}"#),
        ])
        let scene = Scene(discovers: true) { _ in script.next() }
        #expect(await scene.ask().outcome == .inactive)
        scene.time.advance(by: .hours(24))
        #expect(await scene.ask().outcome == .inactive)
        scene.time.advance(by: .minutes(10))
        #expect(await scene.ask().outcome == .inactive)
        let asked = scene.transport.requests.map(\.url).filter { !$0.contains("well-known") }
        #expect(asked == [Scene.introspection, Scene.introspection, moved])
    }

    @Test func `a configured endpoint needs no metadata`() async {
        let scene = Scene(discovers: true) {
            $0.introspectionEndpoint = "https://other.example/i"
        } _: { _ in
            .inactive
        }
        #expect(await scene.ask().outcome == .inactive)
        #expect(scene.transport.requests.map(\.url) == ["https://other.example/i"])
    }

    @Test(arguments: [
        "https://as.example/", "https://AS.example", "http://as.example", "https://as.example:443",
        "https://as.example/t1", "https://as.ex\\u0430mple", "",
    ])
    func `metadata of another issuer is discarded`(_ issuer: String) async {
        let scene = Scene(discovers: true) { _ in Self.metadata(issuer: issuer) }
        #expect(await scene.ask().outcome == .unknown(.discovery))
        #expect(scene.transport.requests.count == 2)
    }

    @Test func `issuers that only look alike are two`() async {
        let scene = Scene(discovers: true) {
            $0.issuer = "https://as.example/K"
        } _: { _ in
            Self.metadata(issuer: "https://as.example/\u{212A}")
        }
        #expect(await scene.ask().outcome == .unknown(.discovery))
    }

    @Test(arguments: [
        HTTPResponse.json("", status: 404), .json("", status: 500), .json("", status: 301),
        .json("<html>", type: "text/html"), .json("{"), .json("[]"), .json("{}"),
        .json(#"{"issuer":"https://as.example","issuer":"https://as.example"}"#),
        .json(#"{"issuer":["https://as.example"]}"#),
        .json(#"{"issuer":"https://as.example"}"#),
        .json(#"{"issuer":"https://as.example","introspection_endpoint":7}"#),
        metadata(introspection: "http://as.example/introspect"), metadata(introspection: "/introspect"),
        metadata(introspection: "https://u:p@as.example/i"), metadata(introspection: "https:///i"),
        metadata(introspection: "https://as.example/i#x"), metadata(introspection: "ftp://as.example/i"),
        metadata(introspection: "https://as.example/a b"),
        metadata(introspection: "http://127.0.0.1.example/i"),
        metadata(introspection: "http://localhost.example/i"),
    ])
    func `metadata that is not what it has to be is no metadata`(_ response: HTTPResponse) async {
        let scene = Scene(discovers: true) { _ in response }
        let answer = await scene.ask()
        #expect(answer.outcome == .unknown(.discovery))
        #expect(answer.detail?.isEmpty == false)
        #expect(scene.transport.requests.allSatisfy { $0.method == .get })
    }

    @Test func `a configured endpoint over http is refused`() async {
        let scene = Scene {
            $0.introspectionEndpoint = "http://as.example/i"
        } _: { _ in
            .inactive
        }
        #expect(await scene.ask().outcome == .unknown(.discovery))
        #expect(scene.transport.requests.isEmpty)
    }

    @Test func `failed discovery is tried again, after a moment`() async {
        let works = Mutex(false)
        let scene = Scene(discovers: true) { request in
            guard works.withLock({ $0 }) else { return .json("", status: 503) }
            return request.method == .get ? Self.metadata() : .inactive
        }
        #expect(await scene.ask().outcome == .unknown(.discovery))
        let asked = scene.transport.requests.count
        works.withLock { $0 = true }
        scene.time.advance(by: .seconds(9))
        #expect(await scene.ask().outcome == .unknown(.discovery))
        #expect(scene.transport.requests.count == asked)
        scene.time.advance(by: .seconds(1))
        #expect(await scene.ask().outcome == .inactive)
    }

    @Test func `a clock set back does not prolong the wait`() async {
        let scene = Scene(discovers: true) { _ in .json("", status: 404) }
        _ = await scene.ask()
        scene.time.advance(by: .zero - .hours(1))
        _ = await scene.ask()
        #expect(scene.transport.requests.count == 4)
    }

    @Test func `a cancelled task leaves discovery to the others`() async {
        let (started, start) = AsyncStream.makeStream(of: Void.self)
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let scene = Scene(discovers: true) { request in
            guard request.method == .get else { return .inactive }
            start.yield()
            for await _ in gate { break }
            return Self.metadata()
        }
        let patient = Task { await scene.ask() }
        for await _ in started { break }
        let impatient = Task { await scene.ask() }
        impatient.cancel()
        #expect(await impatient.value.outcome == .unknown(.network))
        open.yield()
        #expect(await patient.value.outcome == .inactive)
        #expect(scene.transport.requests.count { $0.method == .get } == 1)
    }

    @Test func `discovery that everybody left is no failed discovery`() async {
        let (started, start) = AsyncStream.makeStream(of: Void.self)
        let (gate, _) = AsyncStream.makeStream(of: Void.self)
        let isFirst = Mutex(true)
        let scene = Scene(discovers: true) { (request) throws(HTTPFailure) in
            guard request.method == .get else { return .inactive }
            let waits = isFirst.withLock { first in
                defer { first = false }
                return first
            }
            guard waits else { return Self.metadata() }
            start.yield()
            // Ends when the task is cancelled.
            for await _ in gate { break }
            throw HTTPFailure(.cancelled, operation: "GET", host: "as.example", message: "cancelled")
        }
        let task = Task { await scene.ask() }
        for await _ in started { break }
        task.cancel()
        #expect(await task.value.outcome == .unknown(.network))
        #expect(await scene.ask().outcome == .inactive)
    }
}

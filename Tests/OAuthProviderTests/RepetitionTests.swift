import Grants
import HTTPTransport
import OAuthProvider
import Synchronization
import Testing

/// A kept connection that the server closes under a request says nothing about the token.
@Suite struct RepetitionTests {
    static func lost(_ isWorthRepeating: Bool = true) -> HTTPFailure {
        var failure = HTTPFailure(.connectionLost, operation: "POST", host: "as.example", message: "it ended")
        failure.isWorthRepeating = isWorthRepeating
        return failure
    }

    /// A scene whose server drops what comes over a kept connection.
    static func scene(_ configure: (inout ProviderSettings) -> Void = { _ in }) -> Scene {
        Scene(configure: configure) { (request) throws(HTTPFailure) in
            guard request.usesNewConnection else { throw lost() }
            return .inactive
        }
    }

    @Test func `a question is sent once more, over a new connection`() async {
        let scene = Self.scene()
        #expect(await scene.ask().outcome == .inactive)
        #expect(scene.transport.requests.map(\.usesNewConnection) == [false, true])
        #expect(Set(scene.transport.requests.map(\.text)).count == 1)
    }

    @Test func `many questions lose no answer`() async {
        let scene = Self.scene()
        let questions = (0..<40).map { TokenQuestion(Secret("t-\($0)"), kind: .accessToken) }
        let answers = await scene.provider.introspect(questions) { _ in false }
        #expect(answers.count == 40 && answers.allSatisfy { $0?.outcome == .inactive })
        for question in questions {
            let sent = scene.transport.requests.filter {
                $0.text.hasPrefix("token=\(String(decoding: question.token.bytes, as: UTF8.self))&")
            }
            #expect(sent.map(\.usesNewConnection) == [false, true])
        }
        #expect(scene.provider.inFlight == 0)
    }

    @Test func `it is sent once more, not again and again`() async {
        let scene = Scene { (_) throws(HTTPFailure) in throw Self.lost() }
        #expect(await scene.ask().outcome == .unknown(.network))
        #expect(scene.transport.requests.map(\.usesNewConnection) == [false, true])
    }

    @Test func `a new connection that broke is not repeated`() async {
        let scene = Scene { (_) throws(HTTPFailure) in throw Self.lost(false) }
        #expect(await scene.ask().outcome == .unknown(.network))
        #expect(scene.transport.requests.count == 1)
    }

    @Test func `a revocation is never sent twice by itself`() async {
        let scene = Self.scene()
        let answer = await scene.provider.revoke(Scene.question, kind: .refreshToken, of: "keeper")
        guard case .failed(.network, _, _) = answer else {
            Issue.record("\(answer)")
            return
        }
        #expect(scene.transport.requests.count == 1)
    }

    @Test func `metadata is fetched once more`() async {
        let scene = Scene(discovers: true) { (request) throws(HTTPFailure) in
            guard request.method == .get else { return .inactive }
            guard request.usesNewConnection else { throw Self.lost() }
            return DiscoveryTests.metadata()
        }
        #expect(await scene.ask().outcome == .inactive)
        #expect(scene.transport.requests.map(\.usesNewConnection) == [false, true, false])
    }

    @Test func `what is sent once more counts for the rate`() async {
        let scene = Self.scene {
            $0.limits.requestsPerSecond = 2
            $0.limits.inFlight = 1
        }
        _ = await scene.ask()
        _ = await scene.ask()
        #expect(scene.time.sleeps == [.milliseconds(500), .milliseconds(500), .milliseconds(500)])
    }
}

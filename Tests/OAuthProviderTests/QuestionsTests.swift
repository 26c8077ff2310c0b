import Grants
import HTTPTransport
import Synchronization
import Testing

@testable import OAuthProvider

/// Many questions at once.
@Suite struct QuestionsTests {
    private static func questions(_ count: Int) -> [TokenQuestion] {
        (0..<count).map { TokenQuestion(Secret("rt-\($0)-end"), kind: .refreshToken) }
    }

    /// The number in the token that a request asks about.
    private static func number(_ request: HTTPRequest) -> Int {
        Int(request.text.split(separator: "-").dropFirst().first ?? "") ?? -1
    }

    private static func fast(_ inFlight: Int) -> (inout ProviderSettings) -> Void {
        {
            $0.limits.inFlight = inFlight
            $0.limits.requestsPerSecond = 1_000_000
        }
    }

    @Test func `answers are in the questions' order, whatever the order they come in`() async {
        let scene = Scene(configure: Self.fast(7)) { (request) throws(HTTPFailure) in
            let number = Self.number(request)
            for _ in 0..<(number * 37 % 50) { await Task.yield() }
            return number % 3 == 0 ? .inactive : .json(#"{"active":true,"sub":"s-\#(number)"}"#)
        }
        let answers = await scene.provider.introspect(Self.questions(100)) { _ in false }
        let seen = answers.map { answer -> String? in
            guard case .active(let facts)? = answer?.outcome else { return answer?.outcome == .inactive ? "-" : nil }
            return facts.subject
        }
        #expect(seen == (0..<100).map { $0 % 3 == 0 ? "-" : "s-\($0)" })
        #expect(scene.transport.requests.count == 100 && scene.provider.inFlight == 0)
    }

    @Test(arguments: [1, 3, 64]) func `no more than the ceiling are on the wire, beside other calls too`(
        ceiling: Int
    ) async {
        let counts = Mutex((now: 0, most: 0))
        let scene = Scene(configure: Self.fast(ceiling)) { (_) throws(HTTPFailure) in
            counts.withLock { counts in
                counts.now += 1
                counts.most = max(counts.most, counts.now)
            }
            for _ in 0..<20 { await Task.yield() }
            counts.withLock { $0.now -= 1 }
            return .active
        }
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<2 {
                group.addTask { _ = await scene.provider.introspect(Self.questions(90)) { _ in false } }
            }
            for _ in 0..<20 { group.addTask { _ = await scene.ask() } }
        }
        #expect(counts.withLock { $0.most } == ceiling)
        #expect(scene.transport.requests.count == 200 && scene.provider.inFlight == 0)
    }

    @Test func `enough is enough: no more are begun, and what is on the wire is waited for`() async {
        let scene = Scene(configure: Self.fast(4)) { (request) throws(HTTPFailure) in
            .json("{}", status: Self.number(request) < 10 ? 200 : 503)
        }
        let answers = await scene.provider.introspect(Self.questions(500)) { answer in
            answer.outcome == .unknown(.serverError) || answer.outcome == .unknown(.rateLimited)
        }
        let begun = answers.count { $0 != nil }
        #expect((11...14).contains(begun))
        #expect(answers.prefix(begun).allSatisfy { $0 != nil } && scene.provider.inFlight == 0)
    }

    @Test func `they keep to the rate`() async {
        let slow: (inout ProviderSettings) -> Void = {
            $0.limits.inFlight = 4
            $0.limits.requestsPerSecond = 10
        }
        let scene = Scene(configure: slow) { (_) throws(HTTPFailure) in .active }
        let begun = scene.time.uptime()
        _ = await scene.provider.introspect(Self.questions(64)) { _ in false }
        // 60 after the first four, ten a second: the fake clock moves only by what they slept.
        #expect(scene.time.uptime() - begun >= .seconds(6) - .milliseconds(1))
        #expect(scene.transport.requests.count == 64)
    }

    @Test func `credentials that are refused in between are renewed once, and no answer is lost`() async {
        let fresh = "new-secret"
        let scene = Scene(configure: Self.fast(3)) { (request) throws(HTTPFailure) in
            let isFresh = request.headers.contains(BasicCredentials.header("keeper", secret: Secret(fresh)))
            return Self.number(request) < 20 || isFresh ? .active : .json("{}", status: 401)
        }
        // With this the old one is read, and kept.
        _ = await scene.ask()
        scene.secrets.set(.file("own"), fresh)
        let answers = await scene.provider.introspect(Self.questions(60)) { _ in false }
        #expect(answers.allSatisfy { $0?.outcome == .active(TokenFacts()) })
    }

    @Test func `a server that asks for patience is given it, and asked again`() async {
        let refusals = Mutex(3)
        let scene = Scene(configure: Self.fast(8)) { (request) throws(HTTPFailure) in
            let refuses =
                Self.number(request) >= 10
                && refusals.withLock { left in
                    left -= 1
                    return left >= 0
                }
            return refuses ? .json("", status: 429, headers: ["Retry-After": "1"]) : .active
        }
        let answers = await scene.provider.introspect(Self.questions(40)) { _ in false }
        #expect(answers.allSatisfy { $0?.outcome == .active(TokenFacts()) })
        #expect(scene.time.sleeps.contains { $0 > .milliseconds(900) })
        #expect(scene.transport.requests.count == 43 && scene.provider.inFlight == 0)
    }

    @Test func `a failure is the answer of its question alone`() async {
        let scene = Scene(configure: Self.fast(5)) { (request) throws(HTTPFailure) in
            guard Self.number(request) % 10 != 4 else {
                throw HTTPFailure(.connectionLost, operation: "POST", host: "as.example", message: "it is gone")
            }
            return .active
        }
        let answers = await scene.provider.introspect(Self.questions(50)) { _ in false }
        let lost = answers.indices.filter { answers[$0]?.outcome == .unknown(.network) }
        #expect(lost == [4, 14, 24, 34, 44])
        #expect(answers.count { $0?.outcome == .active(TokenFacts()) } == 45)
    }

    @Test func `a cancelled task sends no more, and every question has an answer that says nothing`() async {
        let (arrivals, arrival) = AsyncStream.makeStream(of: Void.self)
        let scene = Scene(configure: Self.fast(4)) { (request) throws(HTTPFailure) in
            guard Self.number(request) >= 20 else { return .active }
            arrival.yield()
            while !Task.isCancelled { await Task.yield() }
            throw HTTPFailure(.cancelled, operation: "POST", host: "as.example", message: "the request was cancelled")
        }
        let task = Task { await scene.provider.introspect(Self.questions(200)) { _ in false } }
        for await _ in arrivals { break }
        task.cancel()
        let answers = await task.value
        #expect(answers.prefix(20).allSatisfy { $0?.outcome == .active(TokenFacts()) })
        #expect(answers.dropFirst(24).allSatisfy { $0?.outcome == .unknown(.network) })
        #expect(scene.transport.requests.count <= 24 && scene.provider.inFlight == 0)
    }

    // MARK: Leaving at once

    @Test func `who goes on at once overtakes nobody who waits for room`() async {
        let inFlight = InFlight(ceiling: 1)
        guard let first = await inFlight.enter() else {
            Issue.record("not let in")
            return
        }
        let again = inFlight.pass(first)
        #expect(inFlight.inFlight == 1)
        guard let again else {
            Issue.record("there was room")
            return
        }
        let waiter = Task { await inFlight.enter() }
        while inFlight.waiterCount == 0 { await Task.yield() }
        let overtaking = inFlight.pass(again) != nil
        #expect(!overtaking)
        if let ticket = await waiter.value { inFlight.leave(ticket, .answered) }
        #expect(inFlight.inFlight == 0)
    }

    @Test func `who goes on at once counts as an answer, and keeps to a width that was halved`() async {
        let inFlight = InFlight(ceiling: 2)
        guard let first = await inFlight.enter(), let second = await inFlight.enter() else {
            Issue.record("not let in")
            return
        }
        inFlight.leave(first, .pressed)
        #expect(inFlight.width == 1)
        // It was let in before, and is the one there is room for.
        guard let third = inFlight.pass(second) else {
            Issue.record("there was room")
            return
        }
        guard let fourth = inFlight.pass(third) else {
            Issue.record("there was room")
            return
        }
        #expect(inFlight.width == 2)
        inFlight.leave(fourth, .other)
        #expect(inFlight.inFlight == 0)
    }

    @Test func `who would have to wait for the rate takes no slot`() {
        let pace = RequestPace(requestsPerSecond: 10, burst: 3)
        let burst = (0..<5).map { _ in pace.pass(at: .zero) }
        #expect(burst == [true, true, true, false, false])
        #expect(pace.reserve(at: .zero) == .milliseconds(100))
        #expect(pace.confirm(at: .milliseconds(100)) == .zero)
        // The one that has waited goes first.
        #expect(!pace.pass(at: .milliseconds(150)))
        #expect(pace.pass(at: .milliseconds(200)))
    }
}

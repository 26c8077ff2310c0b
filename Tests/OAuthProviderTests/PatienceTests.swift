import Grants
import HTTPTransport
import OAuthProvider
import Testing

@Suite struct PatienceTests {
    // The scene's time is Mon, 21 Sep 2026 14:13:20 GMT.
    static let waits: [(String, Duration?)] = [
        ("60", .seconds(60)), (" 3 ", .seconds(3)), ("3600", .hours(1)), ("3601", .hours(1)),
        ("99999999999999999999999", .hours(1)), ("Mon, 21 Sep 2026 14:14:20 GMT", .seconds(60)),
        ("Monday, 21-Sep-26 14:14:20 GMT", .seconds(60)), ("Mon Sep 21 14:14:20 2026", .seconds(60)),
        ("Thu Oct  1 08:00:00 2026", .hours(1)), ("Tue, 22 Sep 2026 14:14:20 GMT", .hours(1)),
        ("Mon, 21 Sep 2026 14:13:60 GMT", .seconds(39)),
        ("", nil), ("soon", nil), ("1.5", nil), ("+5", nil), ("5s", nil), ("0x10", nil), ("٥", nil),
        ("--1", nil),
        ("Mon, 31 Feb 2026 14:14:20 GMT", nil), ("Mon, 21 Sep 2026 25:14:20 GMT", nil),
        ("Mon, 21 Sep 2026 14:14:20 CET", nil), ("Mon, 21 Sep 2026 14:14:20", nil),
        ("Xyz, 21 Sep 2026 14:14:20 GMT", nil), ("2026-09-21T14:14:20Z", nil),
        ("Mon, 1 Sep 2026 14:14:20 GMT", nil),
    ]

    @Test(arguments: waits)
    func `Retry-After is read in all its forms and clamped`(_ text: String, _ wait: Duration?) async {
        for (status, reason) in [(429, UnknownReason.rateLimited), (503, .serverError), (500, .serverError)] {
            let scene = Scene([.json("", status: status, headers: ["Retry-After": text])])
            let answer = await scene.ask()
            #expect(answer.outcome == .unknown(reason))
            #expect(answer.retryAfter == wait)
            // Where it says nothing that can be read, the pause is ours, and the question repeated.
            let isRepeated = wait == nil && status != 500
            #expect(scene.transport.requests.count == (isRepeated ? 5 : 1))
            let ours: [Duration] = [50, 100, 200, 400].map { .milliseconds($0) }
            #expect(scene.time.sleeps == (isRepeated ? ours : []))
        }
    }

    @Test func `a date is measured against the server's own clock`() async {
        let headers = [
            "Date": "Mon, 21 Sep 2026 10:00:00 GMT", "Retry-After": "Mon, 21 Sep 2026 10:00:30 GMT",
        ]
        let answer = await Scene([.json("", status: 429, headers: headers)]).ask()
        #expect(answer.retryAfter == .seconds(30))
    }

    @Test(arguments: [
        ("Monday, 21-Sep-76 14:13:20 GMT", Duration.hours(1)), ("Monday, 21-Sep-77 14:13:20 GMT", .zero),
    ])
    func `a year of two digits is at most fifty years ahead`(_ text: String, _ wait: Duration) async {
        let scene = Scene([.json("", status: 429, headers: ["Retry-After": text])])
        #expect(await scene.ask().retryAfter == wait)
    }

    @Test(arguments: [
        ("0", [Duration]()), ("-5", []), ("1", [.seconds(1)]), ("2", [.seconds(2)]),
        ("Mon, 21 Sep 2026 14:13:00 GMT", []),
    ])
    func `a short wait is waited, and the question repeated a few times`(_ text: String, _ sleeps: [Duration]) async {
        for status in [429, 503] {
            let patience = HTTPResponse.json("", status: status, headers: ["Retry-After": text])
            let scene = Scene([patience, .inactive])
            #expect(await scene.ask().outcome == .inactive)
            #expect(scene.time.sleeps == sleeps)
            #expect(scene.transport.requests.count == 2)

            let stubborn = Scene([patience])
            #expect(await stubborn.ask().outcome == .unknown(status == 429 ? .rateLimited : .serverError))
            #expect(stubborn.transport.requests.count == 5)
        }
    }

    @Test(arguments: [429, 503])
    func `nothing is sent while the server wants quiet`(_ status: Int) async {
        let scene = Scene([.json("", status: status, headers: ["Retry-After": "60"]), .inactive])
        _ = await scene.ask()
        scene.time.advance(by: .seconds(57))
        let answer = await scene.ask()
        #expect(answer.outcome == .unknown(.rateLimited))
        #expect(answer.retryAfter == .seconds(3) && !answer.wasSent)
        let revocation = await scene.provider.revoke(Scene.question, kind: .refreshToken, of: "keeper")
        guard case .failed(.rateLimited, _, .seconds(3)?) = revocation else {
            Issue.record("\(revocation)")
            return
        }
        #expect(scene.transport.requests.count == 1)
        // What is left is short enough to be waited for.
        scene.time.advance(by: .seconds(1))
        #expect(await scene.ask().outcome == .inactive)
        #expect(scene.time.sleeps == [.seconds(2)])
    }

    @Test(arguments: [500, 404, 408])
    func `other statuses pause nothing`(_ status: Int) async {
        let scene = Scene([.json("", status: status, headers: ["Retry-After": "60"]), .inactive])
        _ = await scene.ask()
        #expect(await scene.ask().outcome == .inactive)
    }

    @Test func `requests keep to the rate after a burst`() async {
        let scene = Scene([.inactive]) {
            $0.limits.requestsPerSecond = 10
            $0.limits.inFlight = 3
        }
        for _ in 0..<6 { _ = await scene.ask() }
        #expect(scene.time.sleeps == Array(repeating: .milliseconds(100), count: 3))
        scene.time.advance(by: .seconds(60))
        for _ in 0..<4 { _ = await scene.ask() }
        #expect(scene.time.sleeps.count == 4)
    }

    @Test func `many at once get slots one after the other`() async {
        let scene = Scene(sleep: .init { _ in }) {
            $0.limits.requestsPerSecond = 100
            $0.limits.inFlight = 1
        } _: { _ in
            .inactive
        }
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<50 { group.addTask { _ = await scene.ask() } }
        }
        #expect(scene.transport.requests.count == 50)
    }

    @Test func `a cancelled task does not wait for its slot`() async {
        let (waiting, wait) = AsyncStream.makeStream(of: Void.self)
        let scene = Scene(
            sleep: .init { _ in
                wait.yield()
                // Ends by being cancelled, which is what is looked at.
                try? await Task.sleep(for: .hours(1))
            }
        ) {
            $0.limits.requestsPerSecond = 1
            $0.limits.inFlight = 1
        } _: { _ in
            .inactive
        }
        _ = await scene.ask()
        let task = Task { await scene.ask() }
        for await _ in waiting { break }
        task.cancel()
        #expect(await task.value.outcome == .unknown(.network))
        #expect(scene.transport.requests.count == 1)
    }

    @Test func `a cancelled task sends nothing`() async {
        let scene = Scene([.inactive])
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return await scene.ask()
        }
        task.cancel()
        #expect(await task.value.outcome == .unknown(.network))
        #expect(scene.transport.requests.isEmpty)
    }
}

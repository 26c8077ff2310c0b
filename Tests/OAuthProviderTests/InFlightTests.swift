import Grants
import HTTPTransport
import Synchronization
import Testing

@testable import OAuthProvider

/// The ceiling on what is in flight.
@Suite struct InFlightTests {
    @Test func `no more than the ceiling are in flight, and who waits is let in in order`() async {
        let inFlight = InFlight(ceiling: 2)
        guard let first = await inFlight.enter(), let second = await inFlight.enter() else {
            Issue.record("not let in")
            return
        }
        let order = Kept<[Int]>([])
        await withTaskGroup(of: Void.self) { group in
            for number in 1...3 {
                group.addTask {
                    let ticket = await inFlight.enter()
                    order.change { $0.append(number) }
                    if let ticket { inFlight.leave(ticket, .answered) }
                }
                for _ in 0..<100_000 where inFlight.waiterCount < number { await Task.yield() }
            }
            #expect(inFlight.inFlight == 2)
            inFlight.leave(first, .answered)
        }
        inFlight.leave(second, .answered)
        #expect(order.value == [1, 2, 3])
        #expect(inFlight.inFlight == 0 && inFlight.width == 2)
    }

    @Test func `a cancelled waiter leaves, and takes no room`() async {
        let inFlight = InFlight(ceiling: 1)
        let ticket = await inFlight.enter()
        let task = Task { await inFlight.enter() == nil }
        while inFlight.waiterCount == 0 { await Task.yield() }
        task.cancel()
        #expect(await task.value)
        #expect(inFlight.waiterCount == 0 && inFlight.inFlight == 1)
        if let ticket { inFlight.leave(ticket, .answered) }
        #expect(inFlight.inFlight == 0)
    }

    @Test func `a burst that is refused halves the width once, and answers widen it one by one`() async {
        let inFlight = InFlight(ceiling: 16)
        func burst(_ outcome: InFlight.Outcome) async {
            var tickets: [InFlight.Ticket] = []
            for _ in 0..<inFlight.width { if let ticket = await inFlight.enter() { tickets.append(ticket) } }
            for ticket in tickets { inFlight.leave(ticket, outcome) }
        }
        var widths: [Int] = []
        for _ in 0..<6 {
            await burst(.pressed)
            widths.append(inFlight.width)
        }
        #expect(widths == [8, 4, 2, 1, 1, 1])
        await burst(.other)
        #expect(inFlight.width == 1)
        for expected in 2...16 {
            await burst(.answered)
            #expect(inFlight.width == expected)
        }
        await burst(.answered)
        #expect(inFlight.width == 16)
    }

    @Test func `every call counts, and a provider's timeout makes it ask less at once`() async {
        let narrow: (inout ProviderSettings) -> Void = { $0.limits.inFlight = 8 }
        let scene = Scene(configure: narrow) { (_) throws(HTTPFailure) in
            throw HTTPFailure(.timeout, operation: "POST", host: "as.example", message: "no answer")
        }
        #expect(scene.provider.width == 8)
        _ = await scene.ask()
        #expect(scene.provider.width == 4)
        _ = await scene.provider.revoke(Scene.question, kind: .refreshToken, of: "keeper")
        #expect(scene.provider.width == 2 && scene.provider.inFlight == 0)
    }

    @Test func `what is on the wire never exceeds the ceiling`() async {
        let counts = Kept<(now: Int, most: Int)>((0, 0))
        let narrow: (inout ProviderSettings) -> Void = {
            $0.limits.inFlight = 3
            $0.limits.requestsPerSecond = 1_000_000
        }
        let scene = Scene(configure: narrow) { (_) throws(HTTPFailure) in
            counts.change { counts in
                counts.now += 1
                counts.most = max(counts.most, counts.now)
            }
            for _ in 0..<50 { await Task.yield() }
            counts.change { $0.now -= 1 }
            return .inactive
        }
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<60 { group.addTask { _ = await scene.ask() } }
        }
        #expect(counts.value.most == 3)
        #expect(scene.provider.inFlight == 0 && scene.transport.requests.count == 60)
    }

    @Test func `while the server names no wait the pause grows, and an answer begins it anew`() async {
        let refused = HTTPResponse.json("", status: 429)
        let scene = Scene([refused, refused, .inactive, refused, .inactive])
        #expect(await scene.ask().outcome == .inactive)
        #expect(await scene.ask().outcome == .inactive)
        #expect(scene.time.sleeps == [.milliseconds(50), .milliseconds(100), .milliseconds(50)])
    }

    @Test func `a server that refuses on and on is asked a few times, then once a question, at most every two seconds`()
        async
    {
        let scene = Scene([.json("", status: 429)])
        for _ in 1...4 { #expect(await scene.ask().outcome == .unknown(.rateLimited)) }
        #expect(scene.transport.requests.count == 8)
        #expect(scene.time.sleeps.max() == .seconds(2) && scene.time.sleeps.last == .seconds(2))
    }

    @Test func `a second never sees more than the rate and the burst, however late sleepers wake`() async {
        let pace = RequestPace(requestsPerSecond: 20, burst: 16)
        var sent: [Duration] = []
        // 60 want to go at once; every sleep ends up to half a second late.
        var wakes: [Duration] = []
        for number in 0..<60 {
            let wait = pace.reserve(at: .zero)
            wakes.append(wait + .milliseconds(wait > .zero ? number * 137 % 500 : 0))
        }
        for wake in wakes.sorted() { sent.append(wake + pace.confirm(at: wake)) }
        sent.sort()
        for instant in sent {
            #expect(sent.filter { $0 >= instant && $0 < instant + .seconds(1) }.count <= 30)
        }
    }
}

/// A value that several tasks change.
private final class Kept<Value: Sendable>: Sendable {
    private let state: Mutex<Value>

    init(_ value: Value) { state = Mutex(value) }

    var value: Value { state.withLock { $0 } }
    func change(_ change: (inout sending Value) -> Void) { state.withLock { change(&$0) } }
}

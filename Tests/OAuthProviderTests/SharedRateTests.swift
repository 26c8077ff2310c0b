import Grants
import HTTPTransport
import Synchronization
import Testing

@testable import OAuthProvider

/// Memory that two processes would have mapped.
private final class Memory: Sendable {
    // The address of memory that only atomics are in.
    nonisolated(unsafe) let address: UnsafeMutableRawPointer

    init() {
        address = .allocate(byteCount: RateBuckets.size, alignment: 8)
        address.initializeMemory(as: UInt8.self, repeating: 0, count: RateBuckets.size)
    }

    deinit { address.deallocate() }

    var buckets: RateBuckets { RateBuckets(at: address, keeping: self) }
}

@Suite struct SharedRateTests {
    @Test(arguments: [true, false])
    func `no second sees more than the rate and the burst of all who share their buckets; of those who do not it does`(
        _ isShared: Bool
    ) async {
        let memory = Memory()
        let time = TestTime()
        let sent = Mutex<[Duration]>([])
        let scenes = (0..<2).map { _ in
            Scene(time: time, buckets: isShared ? memory.buckets : RateBuckets()) {
                $0.limits.requestsPerSecond = 20
                $0.limits.inFlight = 4
            } _: { _ in
                sent.withLock { $0.append(time.uptime()) }
                return .inactive
            }
        }
        // Turn about, so that the sleep of one is time for the other too.
        for _ in 0..<100 {
            for scene in scenes { #expect(await scene.ask().outcome == .inactive) }
        }
        let instants = sent.withLock { $0 }
        #expect(instants.count == 200)
        let most = instants.map { start in instants.count { $0 >= start && $0 < start + .seconds(1) } }.max() ?? 0
        #expect(isShared ? most <= 24 : most > 30)
    }

    @Test func `who takes the burst takes it from all`() {
        let memory = Memory()
        let paces = (0..<2).map { _ in RequestPace(requestsPerSecond: 10, burst: 3, buckets: memory.buckets) }
        #expect((0..<4).map { _ in paces[0].pass(at: .seconds(7)) } == [true, true, true, false])
        #expect(!paces[1].pass(at: .seconds(7)))
        #expect(paces[1].reserve(at: .seconds(7)) == .milliseconds(100))
        #expect(paces[0].reserve(at: .seconds(7)) == .milliseconds(200))
    }

    @Test func `what was written by another clock holds up no request`() {
        let memory = Memory()
        let pace = RequestPace(requestsPerSecond: 10, burst: 1, buckets: memory.buckets)
        #expect(pace.pass(at: .days(30)))
        #expect(!pace.pass(at: .days(30)))
        #expect(pace.reserve(at: .seconds(5)) == .zero)
        #expect(pace.confirm(at: .seconds(5)) == .zero)
        #expect(!pace.pass(at: .seconds(5)))
    }

    @Test func `many at once take each slot once`() async {
        let memory = Memory()
        let passed = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let pace = RequestPace(requestsPerSecond: 100_000, burst: 20_000, buckets: memory.buckets)
                    return (0..<5_000).count { _ in pace.pass(at: .seconds(1)) }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(passed == 20_000)
    }
}

import Synchronization
import Testing

@testable import OAuthProvider

@Suite struct SharedAttemptTests {
    /// Comes back when so many wait.
    static func settle(_ attempt: SharedAttempt<Int>, at count: Int) async {
        while attempt.callerCount != count { await Task.yield() }
    }

    @Test func `a caller that leaves takes nothing from those that stay`() async {
        let attempt = SharedAttempt<Int>()
        let runs = Mutex(0)
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let work: @Sendable () async -> Int = {
            runs.withLock { $0 += 1 }
            // Ends early, without a value, when the attempt is cancelled.
            for await _ in gate { return 7 }
            return -1
        }
        let leaving = Task { await attempt.value(of: work) }
        await Self.settle(attempt, at: 1)
        let staying = Task { await attempt.value(of: work) }
        await Self.settle(attempt, at: 2)
        leaving.cancel()
        #expect(await leaving.value == nil)
        open.yield()
        #expect(await staying.value == 7)
        #expect(runs.withLock { $0 } == 1)
    }

    @Test func `the last to leave cancels the attempt, and the next starts anew`() async {
        let attempt = SharedAttempt<Int>()
        let (gate, _) = AsyncStream.makeStream(of: Void.self)
        let (ended, end) = AsyncStream.makeStream(of: Bool.self)
        let task = Task {
            await attempt.value(of: {
                for await _ in gate {}
                end.yield(Task.isCancelled)
                return 1
            })
        }
        await Self.settle(attempt, at: 1)
        task.cancel()
        #expect(await task.value == nil)
        #expect(await attempt.value(of: { 2 }) == 2)
        #expect(await ended.first { _ in true } == true)
    }
}

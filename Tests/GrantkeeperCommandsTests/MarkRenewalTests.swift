import Grants
import GrantsTestSupport
import Logging
import Synchronization
import Testing

@testable import GrantkeeperCommands

/// A worker in which nothing runs must not look like a restored store.
@Suite struct MarkRenewalTests {
    @Test func `the mark is renewed once an hour, also after a failure and after a clock that was set back`()
        async throws
    {
        let count = Mutex(0)
        let renewal = MarkRenewal(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }) {
            count.withLock { $0 += 1 }
            throw CancellationError()
        }
        let start = Timestamp(milliseconds: 1_800_000_000_000)
        for (time, times) in [
            (start, 1), (start + .minutes(59), 1), (start + .hours(1), 2), (start + .minutes(30), 3),
        ] {
            await renewal.keep(at: time)
            let done = count.withLock { $0 }
            #expect(done == times)
        }
    }
}

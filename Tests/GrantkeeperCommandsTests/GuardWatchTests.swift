import Grants
import GrantsTestSupport
import Logging
import Synchronization
import Testing

@testable import GrantkeeperCommands

/// A worker in which nothing runs must not look like a restored store, and one that is frozen says so once.
@Suite struct GuardWatchTests {
    private let start = Timestamp(milliseconds: 1_800_000_000_000)

    @Test func `the mark is renewed once an hour, also after a failure and after a clock that was set back`()
        async throws
    {
        let count = Mutex(0)
        let watch = GuardWatch(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }) {
            count.withLock { $0 += 1 }
            throw CancellationError()
        }
        for (time, times) in [
            (start, 1), (start + .minutes(59), 1), (start + .hours(1), 2), (start + .minutes(30), 3),
        ] {
            await watch.keep(at: time)
            let done = count.withLock { $0 }
            #expect(done == times)
        }
    }

    @Test func `each finding is logged once, and again after it was gone`() async throws {
        let findings = Mutex<[String?]>([nil, "the clock", "the clock", "the machine", nil, "the machine"])
        let log = WarningLog()
        let watch = GuardWatch(logger: Logger(label: "test") { _ in log }) {
            findings.withLock { $0.removeFirst() }
        }
        for _ in 0..<6 { try await watch.look() }
        #expect(log.findings == ["the clock", "the machine", "the machine"])
    }
}

private struct WarningLog: LogHandler {
    private final class Heard: Sendable {
        let findings = Mutex<[String]>([])
    }

    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace
    private let heard = Heard()

    var findings: [String] { heard.findings.withLock { $0 } }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        if let finding = event.metadata?["finding"] { heard.findings.withLock { $0.append("\(finding)") } }
    }
}

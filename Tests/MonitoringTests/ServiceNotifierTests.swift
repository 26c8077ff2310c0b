import Glibc
import GrantsTestSupport
import Monitoring
import Testing

@Suite("What the service manager is told")
struct ServiceNotifierTests {
    @Test(arguments: [false, true])
    func `each message is one datagram, on a path and on an abstract name`(isAbstract: Bool) {
        let folder = TemporaryFolder()
        let name = isAbstract ? "@grantkeeper-test-\(getpid())" : folder.file("notify")
        let socket = NotifySocket(name)
        let notifier = ServiceNotifier(variables: ["NOTIFY_SOCKET": name])
        let taken = [
            notifier.ready(status: "waits until 02:17"), notifier.status("expire runs"), notifier.watchdog(),
            notifier.extendTimeout(by: .milliseconds(1_500)), notifier.stopping(status: "ends"),
        ]
        #expect(taken == [true, true, true, true, true])
        #expect(socket.next() == "READY=1\nSTATUS=waits until 02:17")
        #expect(socket.next() == "STATUS=expire runs")
        #expect(socket.next() == "WATCHDOG=1")
        #expect(socket.next() == "EXTEND_TIMEOUT_USEC=1500000")
        #expect(socket.next() == "STOPPING=1\nSTATUS=ends")
        #expect(socket.next() == nil)
    }

    @Test func `a reload names the instant it began`() throws {
        let folder = TemporaryFolder()
        let socket = NotifySocket(folder.file("notify"))
        func microseconds() -> Int64 {
            var now = timespec()
            clock_gettime(CLOCK_MONOTONIC, &now)
            return Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1_000
        }
        let before = microseconds()
        ServiceNotifier(variables: ["NOTIFY_SOCKET": folder.file("notify")]).reloading()
        let after = microseconds()
        let lines = try #require(socket.next()).split(separator: "\n")
        #expect(lines.first == "RELOADING=1")
        let instant = try #require(lines.last?.split(separator: "=").last.flatMap { Int64($0) })
        #expect(before...after ~= instant)
    }

    @Test func `a status is one line, and not endless`() {
        let folder = TemporaryFolder()
        let socket = NotifySocket(folder.file("notify"))
        let notifier = ServiceNotifier(variables: ["NOTIFY_SOCKET": folder.file("notify")])
        notifier.status("a\nREADY=1\r\u{0}b")
        #expect(socket.next() == "STATUS=a READY=1  b")
        notifier.status(String(repeating: "x", count: 100_000))
        #expect(socket.next()?.utf8.count == 507)
    }

    @Test(arguments: [
        nil, "", "/", "@", "relative", "vsock:2:1234", "/nowhere/at/all", "/" + String(repeating: "x", count: 107),
        "@" + String(repeating: "x", count: 108), "/a\u{0}b",
    ])
    func `without a socket that takes it, nothing happens`(name: String?) {
        let notifier = ServiceNotifier(variables: name.map { ["NOTIFY_SOCKET": $0] } ?? [:])
        #expect(!notifier.ready(status: "x"))
        #expect(!notifier.watchdog())
    }

    @Test func `a name that just fits is used`() throws {
        let name = "@" + String(repeating: "y", count: 107 - 8) + String(getpid() % 10_000_000 + 10_000_000)
        let socket = NotifySocket(name)
        #expect(ServiceNotifier(variables: ["NOTIFY_SOCKET": name]).watchdog())
        #expect(socket.next() == "WATCHDOG=1")
    }

    @Test func `a manager that does not read holds nobody up`() throws {
        let folder = TemporaryFolder()
        let socket = NotifySocket(folder.file("notify"))
        let notifier = ServiceNotifier(variables: ["NOTIFY_SOCKET": folder.file("notify")])
        var refused = false
        for _ in 0..<100_000 where !refused { refused = !notifier.watchdog() }
        #expect(refused)
        #expect(socket.next() == "WATCHDOG=1")
        #expect(notifier.watchdog())
    }

    @Test(
        arguments: [
            (["WATCHDOG_USEC": "30000000"], Duration.seconds(15)),
            (["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "\(getpid())"], .seconds(15)),
            (["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"], nil),
            (["WATCHDOG_USEC": "0"], nil), (["WATCHDOG_USEC": "x"], nil), (["WATCHDOG_USEC": "-5"], nil),
            (["WATCHDOG_PID": "\(getpid())"], nil), ([:], nil),
        ] as [([String: String], Duration?)]
    )
    func `the watchdog is fed twice in its time, if it is ours`(variables: [String: String], interval: Duration?) {
        #expect(ServiceNotifier(variables: variables).watchdogInterval == interval)
    }
}

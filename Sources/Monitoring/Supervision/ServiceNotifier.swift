internal import Dispatch
internal import Glibc

/// Tells the service manager what the program does, as sd_notify(3) has it.
///
/// Without a socket nothing happens. Nothing blocks and nothing fails: what the manager does not take at once is
/// lost, and each call says whether it was taken.
package struct ServiceNotifier: Sendable {
    /// The bytes of `sun_path`.
    private let path: [UInt8]?
    private let watchdogTimeout: Duration?

    /// From `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID`.
    package init(variables: [String: String]) {
        path = variables["NOTIFY_SOCKET"].flatMap(Self.path)
        watchdogTimeout = Self.watchdog(variables)
    }

    /// Half of what the manager waits for a sign of life; nil: it does not wait.
    package var watchdogInterval: Duration? { watchdogTimeout.map { $0 / 2 } }

    @discardableResult
    package func ready(status: String) -> Bool { send("READY=1\nSTATUS=\(Self.line(status))") }

    @discardableResult
    package func status(_ text: String) -> Bool { send("STATUS=\(Self.line(text))") }

    /// Followed by ``ready(status:)``.
    @discardableResult
    package func reloading() -> Bool {
        // CLOCK_MONOTONIC, as sd_notify(3) asks for.
        let microseconds = DispatchTime.now().uptimeNanoseconds / 1_000
        return send("RELOADING=1\nMONOTONIC_USEC=\(microseconds)")
    }

    /// From the loop that works, not from a thread that outlives its hang.
    @discardableResult
    package func watchdog() -> Bool { send("WATCHDOG=1") }

    @discardableResult
    package func stopping(status: String) -> Bool { send("STOPPING=1\nSTATUS=\(Self.line(status))") }

    /// Starting, reloading or stopping may take so much longer, counted from now.
    @discardableResult
    package func extendTimeout(by duration: Duration) -> Bool {
        send("EXTEND_TIMEOUT_USEC=\(max(Self.microseconds(duration), 0))")
    }

    // MARK: Variables

    /// `/path` or `@abstract`; nil for anything else, and for what `sun_path` cannot hold.
    private static func path(_ text: String) -> [UInt8]? {
        var bytes = Array(text.utf8)
        guard bytes.count >= 2, !bytes.contains(0) else { return nil }
        let room = MemoryLayout.size(ofValue: sockaddr_un().sun_path)
        switch bytes[0] {
        case UInt8(ascii: "/"):
            bytes.append(0)
        case UInt8(ascii: "@"):
            bytes[0] = 0
        default:
            return nil
        }
        return bytes.count <= room ? bytes : nil
    }

    private static func watchdog(_ variables: [String: String]) -> Duration? {
        guard let microseconds = variables["WATCHDOG_USEC"].flatMap(Int64.init), microseconds > 0 else { return nil }
        if let pid = variables["WATCHDOG_PID"], pid != String(getpid()) { return nil }
        return .microseconds(microseconds)
    }

    /// One line of at most 500 characters.
    private static func line(_ text: String) -> String {
        var line = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.prefix(500) {
            line.append(scalar.properties.generalCategory == .control ? " " : scalar)
        }
        return String(line)
    }

    private static func microseconds(_ duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        return overflow ? (seconds < 0 ? .min : .max) : product + attoseconds / 1_000_000_000_000
    }

    // MARK: The socket

    private func send(_ message: String) -> Bool {
        guard let path else { return false }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + path.count)
        let bytes = Array(message.utf8)
        let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                while true {
                    let sent = sendto(descriptor, bytes, bytes.count, flags, pointer, length)
                    if sent < 0, errno == EINTR { continue }
                    return sent == bytes.count
                }
            }
        }
    }
}

internal import Dispatch
internal import Glibc

/// The socket of a service manager that reads what it is told.
///
/// One that cannot be bound ends the tests: the name is theirs, and none of them would say anything.
package final class NotifySocket: Sendable {
    private let descriptor: Int32

    /// A path, or `@` and a name without one.
    package init(_ name: String) {
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var path = Array(name.utf8)
        if name.hasPrefix("@") { path[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
        let length = name.hasPrefix("@") ? 2 + path.count : MemoryLayout<sockaddr_un>.size
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(length))
            }
        }
        guard status == 0 else { fatalError("no socket can be bound to '\(name)': \(errno)") }
    }

    deinit { close(descriptor) }

    /// The next message, which is there as soon as it was sent; nil: none was.
    package func next() -> String? {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        return count < 0 ? nil : String(decoding: buffer[..<count], as: UTF8.self)
    }

    /// Forgets what has come: the kernel queues ten messages and no more, and a sender that never blocks loses the next.
    package func drain() { while next() != nil {} }

    /// Waits, on a thread of its own, for the first message that is as wanted; nil: none came within `seconds`.
    package func first(within seconds: Int = 60, where isWanted: @escaping @Sendable (String) -> Bool) async -> String?
    {
        await withCheckedContinuation { continuation in
            DispatchQueue(label: "notify").async { [self] in
                let end = DispatchTime.now() + .seconds(seconds)
                while DispatchTime.now() < end {
                    var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                    poll(&ready, 1, 1_000)
                    while let message = next() {
                        if isWanted(message) { return continuation.resume(returning: message) }
                    }
                }
                continuation.resume(returning: nil)
            }
        }
    }
}

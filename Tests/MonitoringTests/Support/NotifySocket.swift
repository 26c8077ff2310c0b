import Glibc
import Testing

/// The socket of a service manager that reads what it is told.
final class NotifySocket {
    private let descriptor: Int32

    /// A path, or `@` and a name without one.
    init(_ name: String) throws {
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
        try #require(status == 0, "bind: \(errno)")
    }

    deinit { close(descriptor) }

    /// The next message, which is there as soon as it was sent; nil: none was.
    func next() -> String? {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        return count < 0 ? nil : String(decoding: buffer[..<count], as: UTF8.self)
    }
}

internal import Dispatch
internal import Glibc

/// One TCP connection to loopback, with calls that wait on a thread of their own.
package struct RawConnection: Sendable {
    /// A call that failed, and its `errno`.
    package struct Failure: Error {
        package let step: String
        package let code = errno
    }

    private let descriptor: Int32
    private let queue = DispatchQueue(label: "raw connection")

    /// Connects to 127.0.0.1.
    package init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw Failure(step: "connect") }
    }

    /// Sends all of the bytes.
    package func send(_ bytes: [UInt8]) async throws {
        try await onThread {
            var sent = 0
            while sent < bytes.count {
                let count = bytes[sent...].withUnsafeBytes {
                    Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { throw Failure(step: "send") }
                sent += count
            }
        }
    }

    /// The next bytes, as soon as there are some; none at the end.
    package func receive() async throws -> [UInt8] {
        try await onThread {
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let count = recv(descriptor, &buffer, buffer.count, 0)
            // A reset is an end as good as any.
            guard count >= 0 || errno == ECONNRESET else { throw Failure(step: "recv") }
            return Array(buffer.prefix(max(count, 0)))
        }
    }

    /// All bytes up to the end.
    package func receiveAll() async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            let more = try await receive()
            if more.isEmpty { return bytes }
            bytes += more
        }
    }

    /// Ends it; no other call may follow.
    package func close() {
        _ = Glibc.close(descriptor)
    }

    private func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws
        -> Value
    {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result(catching: body)) }
        }
    }
}

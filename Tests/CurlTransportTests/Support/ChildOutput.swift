import Glibc

/// Reads a child's lines on a thread of their own: a blocking read must not hold a thread of the pool.
final class ChildOutput {
    private let descriptor: Int32
    private let child: pid_t
    private let feed: AsyncStream<String>.Continuation

    private init(_ descriptor: Int32, _ child: pid_t, _ feed: AsyncStream<String>.Continuation) {
        self.descriptor = descriptor
        self.child = child
        self.feed = feed
    }

    static func follow(_ descriptor: Int32, of child: pid_t, into feed: AsyncStream<String>.Continuation) {
        let output = Unmanaged.passRetained(ChildOutput(descriptor, child, feed))
        var thread = pthread_t()
        let status = pthread_create(
            &thread,
            nil,
            { context in
                guard let context else { return nil }
                Unmanaged<ChildOutput>.fromOpaque(context).takeRetainedValue().read()
                return nil
            },
            output.toOpaque()
        )
        precondition(status == 0, "no thread for the server's output")
        pthread_detach(thread)
    }

    private func read() {
        var pending: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count <= 0 { break }
            pending.append(contentsOf: buffer[..<count])
            while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                feed.yield(String(decoding: pending[..<end], as: UTF8.self))
                pending.removeSubrange(...end)
            }
        }
        feed.finish()
        close(descriptor)
        waitpid(child, nil, 0)
    }
}

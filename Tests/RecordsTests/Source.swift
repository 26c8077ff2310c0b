import Glibc
import Testing

/// An open file without a name that holds the bytes.
struct Source: ~Copyable {
    let descriptor: Int32

    init(_ bytes: [UInt8]) throws {
        let stream = try unsafe #require(tmpfile())
        let file = unsafe dup(fileno(stream))
        unsafe fclose(stream)
        try #require(file >= 0)
        descriptor = file
        Source.write(bytes, to: file)
        lseek(file, 0, SEEK_SET)
    }

    deinit {
        close(descriptor)
    }

    static func write(_ bytes: [UInt8], to descriptor: Int32) {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { all in
                unsafe Glibc.write(descriptor, all.baseAddress.map { unsafe $0 + written }, all.count - written)
            }
            guard count > 0 else {
                return
            }
            written += count
        }
    }
}

/// A thread of its own, because a writer to a full pipe blocks.
struct Thread: ~Copyable {
    private let handle: pthread_t

    static func start(_ body: @escaping @Sendable () -> Void) throws -> Thread {
        let box = unsafe Unmanaged.passRetained(Box(body: body))
        var handle = pthread_t()
        let code = unsafe pthread_create(
            &handle,
            nil,
            { context in
                if let context = unsafe context {
                    unsafe Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body()
                }
                return nil
            },
            box.toOpaque()
        )
        try #require(code == 0)
        return Thread(handle: handle)
    }

    func join() {
        pthread_join(handle, nil)
    }

    private final class Box: Sendable {
        let body: @Sendable () -> Void

        init(body: @escaping @Sendable () -> Void) {
            self.body = body
        }
    }
}

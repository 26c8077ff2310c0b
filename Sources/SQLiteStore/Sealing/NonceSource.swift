internal import Crypto
internal import Glibc
internal import Grants
internal import Synchronization

/// Random nonces, drawn for many at once: each draw is a system call.
final class NonceSource: Sendable {
    private static let length = 12
    /// As much as the system gives in one piece: 256 bytes at the most.
    private static let draw = 21 * length

    private let drawn = Mutex<[UInt8]>([])

    /// A nonce that is given once.
    func next() throws -> AES.GCM.Nonce {
        try drawn.withLock { drawn in
            if drawn.isEmpty {
                drawn = [UInt8](repeating: 0, count: Self.draw)
                guard getentropy(&drawn, Self.draw) == 0 else {
                    drawn = []
                    throw StoreError(.other, "the system gives no random bytes: \(String(cString: strerror(errno)))")
                }
            }
            let nonce = try AES.GCM.Nonce(data: drawn.suffix(Self.length))
            drawn.removeLast(Self.length)
            return nonce
        }
    }
}

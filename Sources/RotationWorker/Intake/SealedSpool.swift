internal import Crypto
internal import FoundationEssentials
internal import Glibc
internal import Grants
internal import Synchronization

/// Lines on their way between two readings of a pipe: in an unlinked private file, each sealed with a key that
/// only this process has, because lines hold tokens.
final class SealedSpool: Sendable {
    private static let header = 16
    private static let bufferSize = 262_144

    private struct End {
        /// What is not in the file yet.
        var buffer: [UInt8] = []
        /// Where the file ends.
        var offset = 0
    }

    private let descriptor: Int32
    private let key = SymmetricKey(size: .bits256)
    private let end = Mutex(End())

    init() throws { descriptor = try TemporaryFile.open() }

    deinit { close(descriptor) }

    /// Returns where the line begins.
    func append(_ line: [UInt8], number: Int) throws -> Int {
        try end.withLock { end in
            let start = end.offset + end.buffer.count
            // No place is used twice, and neither is the key.
            let box = try AES.GCM.seal(line, using: key, nonce: Self.nonce(start))
            guard let sealed = box.combined else { throw StoreError(.other, "a line cannot be sealed") }
            for value in [UInt64(sealed.count), UInt64(number)] {
                withUnsafeBytes(of: value.littleEndian) { end.buffer += $0 }
            }
            end.buffer += sealed
            if end.buffer.count >= Self.bufferSize { try writeOut(&end) }
            return start
        }
    }

    /// Everything that was appended can be read from then on.
    func finish() throws { try end.withLock { try writeOut(&$0) } }

    /// Calls `body` with each line and its number, until it returns false.
    func forEachLine(_ body: ([UInt8], Int) throws -> Bool) throws {
        var offset = 0
        while let (line, number, next) = try read(at: offset) {
            guard try body(line, number) else { return }
            offset = next
        }
    }

    func line(at offset: Int) throws -> [UInt8] {
        guard let found = try read(at: offset) else { throw unreadable }
        return found.line
    }

    /// nil at the end.
    private func read(at offset: Int) throws -> (line: [UInt8], number: Int, next: Int)? {
        guard let header = try bytes(Self.header, at: off_t(offset)) else { return nil }
        let size = Self.number(header[0..<8])
        guard let sealed = try bytes(size, at: off_t(offset + Self.header)) else { throw unreadable }
        let line = try AES.GCM.open(AES.GCM.SealedBox(combined: sealed), using: key)
        return (Array(line), Self.number(header[8..<16]), offset + Self.header + size)
    }

    private func writeOut(_ end: inout End) throws {
        var written = 0
        while written < end.buffer.count {
            let count = end.buffer.withUnsafeBytes {
                write(descriptor, $0.baseAddress.map { $0 + written }, $0.count - written)
            }
            guard count > 0 else {
                throw StoreError(
                    .full,
                    "no room left for the import's temporary file",
                    hint: "free disk space or set TMPDIR"
                )
            }
            written += count
        }
        end.offset += written
        end.buffer.removeAll(keepingCapacity: true)
    }

    private static func nonce(_ number: Int) throws -> AES.GCM.Nonce {
        var bytes = [UInt8](repeating: 0, count: 4)
        withUnsafeBytes(of: UInt64(number).littleEndian) { bytes += $0 }
        return try AES.GCM.Nonce(data: bytes)
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> Int {
        bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    private var unreadable: StoreError {
        StoreError(.other, "the import's temporary file cannot be read back")
    }

    private func bytes(_ count: Int, at offset: off_t) throws -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: count)
        var got = 0
        while got < count {
            let read = buffer.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress.map { $0 + got }, count - got, offset + off_t(got))
            }
            if read == 0 { return nil }
            guard read > 0 else { throw unreadable }
            got += read
        }
        return buffer
    }
}

internal import Crypto
internal import FoundationEssentials
internal import Glibc
internal import Grants

/// Lines on their way between two readings of a pipe: in an unlinked private file, each sealed with a key that
/// only this process has, because lines hold tokens.
final class SealedSpool: Sendable {
    private let descriptor: Int32
    private let key = SymmetricKey(size: .bits256)

    init() throws { descriptor = try TemporaryFile.open() }

    deinit { close(descriptor) }

    func append(_ line: [UInt8], number: Int) throws {
        let box = try AES.GCM.seal(line, using: key)
        guard let sealed = box.combined else { throw StoreError(.other, "a line cannot be sealed") }
        var frame: [UInt8] = []
        for value in [UInt64(sealed.count), UInt64(number)] {
            withUnsafeBytes(of: value.littleEndian) { frame += $0 }
        }
        frame += sealed
        let count = frame.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        guard count == frame.count else {
            throw StoreError(
                .full,
                "no room left for the import's temporary file",
                hint: "free disk space or set TMPDIR"
            )
        }
    }

    /// At most `limit` lines from a byte offset on, each with its number; returns where the next begins.
    func read(from start: Int, limit: Int, _ body: ([UInt8], Int) throws -> Void) throws -> Int {
        var offset = start
        for _ in 0..<limit {
            guard let header = try bytes(16, at: off_t(offset)) else { break }
            let size = Self.number(header[0..<8])
            guard let sealed = try bytes(size, at: off_t(offset + 16)) else {
                throw StoreError(.other, "the import's temporary file cannot be read back")
            }
            offset += 16 + size
            let line = try AES.GCM.open(AES.GCM.SealedBox(combined: sealed), using: key)
            try body(Array(line), Self.number(header[8..<16]))
        }
        return offset
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> Int {
        bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    private func bytes(_ count: Int, at offset: off_t) throws -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: count)
        var got = 0
        while got < count {
            let read = buffer.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress.map { $0 + got }, count - got, offset + off_t(got))
            }
            if read == 0 { return nil }
            guard read > 0 else { throw StoreError(.other, "the import's temporary file cannot be read back") }
            got += read
        }
        return buffer
    }
}

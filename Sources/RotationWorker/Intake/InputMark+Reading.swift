internal import Crypto
internal import Glibc
internal import Grants

extension InputMark {
    private static let sample: Int64 = 65_536

    /// Of a file that is about to be read from its beginning; nil: it is none, or empty.
    init?(of descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, lseek(descriptor, 0, SEEK_CUR) == 0
        else { return nil }
        self.init(of: descriptor, upTo: Int64(status.st_size))
    }

    /// Of so many of its first bytes: how they begin and how they end, which costs the same whatever the file's size.
    init?(of descriptor: Int32, upTo size: Int64) {
        let length = min(size, Self.sample)
        guard size > 0, let head = Self.bytes(of: descriptor, at: 0, length),
            let tail = Self.bytes(of: descriptor, at: size - length, length)
        else { return nil }
        var hash = SHA256()
        hash.update(data: head)
        hash.update(data: tail)
        self.init(size: size, digest: Array(hash.finalize()))
    }

    /// Whether the file is the same one, or has grown since.
    func isOf(_ descriptor: Int32) -> Bool { InputMark(of: descriptor, upTo: size) == self }

    private static func bytes(of descriptor: Int32, at offset: Int64, _ count: Int64) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: Int(count))
        var got = 0
        while got < bytes.count {
            let read = bytes.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress.map { $0 + got }, $0.count - got, off_t(offset) + off_t(got))
            }
            if read < 0, errno == EINTR { continue }
            guard read > 0 else { return nil }
            got += read
        }
        return bytes
    }
}

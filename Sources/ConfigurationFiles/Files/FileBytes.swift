internal import Glibc

/// Small files, read whole.
enum FileBytes {
    enum Kind {
        case regular
        case directory
        case other
    }

    /// Why a file was not read.
    enum Failure: Error {
        /// With the number of the system's error.
        case system(Int32)
        case directory
        /// Not a regular file, where one was asked for.
        case notRegular
        /// Others than its owner may read or write it, where that was asked about.
        case exposed
        case tooLong
    }

    /// nil: there is none, or it cannot be looked at.
    static func kind(of path: String) -> Kind? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        return kind(status)
    }

    /// What differs between a file and the same file after a change.
    struct Look: Hashable {
        var inode: UInt
        var size: Int
        var changedSeconds: Int
        var changedNanoseconds: Int
    }

    /// nil: there is none, or it cannot be looked at.
    static func look(at path: String) -> Look? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        return Look(
            inode: UInt(status.st_ino),
            size: Int(status.st_size),
            changedSeconds: status.st_ctim.tv_sec,
            changedNanoseconds: status.st_ctim.tv_nsec
        )
    }

    /// All bytes of a file of at most `limit`; a secret's must be one that only its owner can use.
    static func read(_ path: String, limit: Int, isRegular: Bool, isSecret: Bool) throws(Failure) -> [UInt8] {
        // A named pipe in place of a regular file would hold us up.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | (isRegular ? O_NONBLOCK : 0))
        guard descriptor >= 0 else { throw .system(errno) }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw .system(errno) }
        let kind = kind(status)
        guard kind != .directory else { throw .directory }
        guard !isRegular || kind == .regular else { throw .notRegular }
        guard !isSecret || status.st_mode & 0o077 == 0 else { throw .exposed }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe Glibc.read(descriptor, &chunk, chunk.count)
            if count == 0 { return bytes }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw .system(errno)
            }
            bytes += chunk[..<count]
            guard bytes.count <= limit else { throw .tooLong }
        }
    }

    /// The system's words for one of its errors.
    static func message(for number: Int32) -> String {
        guard let text = unsafe strerror(number) else { return "error \(number)" }
        return unsafe String(cString: text).lowercased()
    }

    private static func kind(_ status: stat) -> Kind {
        switch status.st_mode & S_IFMT {
        case S_IFREG: .regular
        case S_IFDIR: .directory
        default: .other
        }
    }
}

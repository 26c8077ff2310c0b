internal import Dispatch
internal import Glibc
internal import Grants
internal import Records

/// The restore guard's file: read as it is, replaced as a whole, and locked by a file beside it.
struct HighWaterFile: Sendable {
    let path: String

    // MARK: Reading

    /// What the file is found to be.
    ///
    /// A failure of this machine or process is tried once more and then thrown: it says nothing about the store, and
    /// `unusable` would freeze it.
    func read() throws -> HighWaterMark.Reading {
        do { return try readOnce() } catch { return try readOnce() }
    }

    private func readOnce() throws -> HighWaterMark.Reading {
        // No link: what it points to may be restored along. Not blocking: it may be a pipe.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else {
            switch errno {
            case ENOENT: return .missing
            case ELOOP: return .unusable("it is a symbolic link")
            case let number where OwnFailure.isOne(number): throw unreadable(number)
            default: return .unusable(String(cString: strerror(errno)).lowercased())
            }
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            return .unusable("it is not a regular file")
        }
        var bytes = [UInt8](repeating: 0, count: 65_537)
        var count = 0
        while count < bytes.count {
            let part = bytes[count...].withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if part < 0, errno == EINTR { continue }
            guard part >= 0 else { throw unreadable(errno) }
            if part == 0 { break }
            count += part
        }
        guard count < bytes.count else { return .unusable("it is far too long") }
        do {
            return .mark(try HighWaterMark(json: Array(bytes[..<count])))
        } catch {
            return .unusable(error.description)
        }
    }

    private func unreadable(_ number: Int32) -> CommandError {
        CommandError(
            .failed,
            "guard-file",
            "the restore guard's file '\(path)' cannot be read now: \(String(cString: strerror(number)).lowercased()); "
                + "nothing was judged, frozen or changed",
            hint: "try again; if it stays so, look for the disk's errors in 'dmesg' and at the limit of open files"
        )
    }

    // MARK: Writing

    /// Replaces the file at once and for good, or leaves it as it is; only while the lock is held.
    func write(_ mark: HighWaterMark) throws {
        let next = path + ".new"
        unlink(next)
        let descriptor = open(next, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure() }
        do {
            defer { close(descriptor) }
            handOver(descriptor)
            let bytes = mark.json
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count == bytes.count else {
                if count >= 0 { errno = ENOSPC }
                throw failure()
            }
            guard fsync(descriptor) == 0 else { throw failure() }
        } catch {
            unlink(next)
            throw error
        }
        guard rename(next, path) == 0 else {
            let error = failure()
            unlink(next)
            throw error
        }
        // Without this a power cut could bring the old name back.
        let folder = open(Self.directory(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw failure() }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw failure() }
    }

    /// What root writes stays usable for the service: it goes to the owner of the file before, or of the directory.
    ///
    /// Else a command that an administrator ran once would freeze the service's store. SQLite does so as well.
    private func handOver(_ descriptor: Int32) {
        guard geteuid() == 0 else { return }
        var owner = stat()
        if lstat(path, &owner) != 0 || owner.st_uid == 0 {
            guard stat(Self.directory(of: path), &owner) == 0 else { return }
        }
        // Where root may not, its file is one that the service cannot read, which freezes.
        _ = fchown(descriptor, owner.st_uid, owner.st_gid)
    }

    static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private func failure() -> CommandError {
        CommandError(
            .failed,
            "guard-file",
            "the restore guard's file '\(path)' cannot be written: \(String(cString: strerror(errno)))",
            hint: "what the store has committed stands; make store.high_water a file in a directory that this user "
                + "may write, or the next command may find the store restored"
        )
    }

    // MARK: Locking

    /// Held until it is let go: between two processes that judge and write marks.
    final class Lock: Sendable {
        private let descriptor: Int32

        fileprivate init(_ descriptor: Int32) { self.descriptor = descriptor }

        deinit { close(descriptor) }
    }

    /// Waits for whoever has it for at most 30 s; fails at once where the file could not be written either.
    func lock() async throws -> Lock {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(with: Result { try lockNow() })
            }
        }
    }

    private func lockNow() throws -> Lock {
        let flags = O_RDWR | O_NOFOLLOW | O_CLOEXEC
        // Only one that is new is handed over: another may be a link to any file.
        var descriptor = open(path + ".lock", flags | O_CREAT | O_EXCL, 0o600)
        if descriptor >= 0 {
            handOver(descriptor)
        } else if errno == EEXIST {
            descriptor = open(path + ".lock", flags)
        }
        guard descriptor >= 0 else { throw failure() }
        let lock = Lock(descriptor)
        for _ in 0..<3_000 {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return lock }
            guard errno == EWOULDBLOCK || errno == EINTR else { throw failure() }
            // flock knows no time limit. What waits is a thread of Dispatch, none of the tasks.
            usleep(10_000)
        }
        throw CommandError(
            .locked,
            "guard-locked",
            "another process holds the restore guard's file '\(path)' and does not let it go",
            hint: "'fuser \(path).lock' shows which"
        )
    }
}

internal import Crypto
internal import Glibc
internal import Grants
internal import Synchronization

/// ``Archive`` in a directory: private files, synced, never overwritten.
///
/// A file is written as `NAME.partial` and gets its name when it is complete, so that a crash leaves either.
package struct DirectoryArchive: Archive {
    private let path: String

    package init(path: String) { self.path = path }

    package func begin(_ name: String) throws -> any ArchiveFile { try DirectoryArchiveFile(name, in: path) }
}

private final class DirectoryArchiveFile: ArchiveFile {
    private struct State {
        var buffer: [UInt8] = []
        var hasher = SHA256()
        var isOpen = true
    }

    let name: String
    private let folder: String
    private let descriptor: Int32
    private let state = Mutex(State())

    private var path: String { "\(folder)/\(name)" }
    private var partial: String { path + ".partial" }

    init(_ name: String, in folder: String) throws {
        self.name = name
        self.folder = folder
        guard access("\(folder)/\(name)", F_OK) != 0 else { throw Self.failure("\(folder)/\(name)", EEXIST) }
        descriptor = open("\(folder)/\(name).partial", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure("\(folder)/\(name).partial", errno) }
    }

    deinit { close(descriptor) }

    func append(_ line: [UInt8]) throws {
        try state.withLock { state in
            state.buffer += line
            state.buffer.append(0x0A)
            if state.buffer.count >= 262_144 { try flush(&state) }
        }
    }

    func seal() throws -> String {
        try state.withLock { state in
            try flush(&state)
            guard fdatasync(descriptor) == 0 else { throw Self.failure(partial, errno) }
            try giveName()
            state.isOpen = false
            try syncFolder()
            return state.hasher.finalize().reduce(into: "") { $0 += ($1 < 16 ? "0" : "") + String($1, radix: 16) }
        }
    }

    func abandon() {
        state.withLock { state in
            guard state.isOpen else { return }
            state.isOpen = false
            unlink(partial)
        }
    }

    private func flush(_ state: inout State) throws {
        var written = 0
        while written < state.buffer.count {
            let count = state.buffer.withUnsafeBytes {
                write(descriptor, $0.baseAddress.map { $0 + written }, $0.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure(partial, errno) }
            written += count
        }
        state.hasher.update(data: state.buffer)
        state.buffer.removeAll(keepingCapacity: true)
    }

    /// A second name and then the first one's end: unlike `rename`, that replaces nothing.
    private func giveName() throws {
        if link(partial, path) == 0 {
            unlink(partial)
            return
        }
        // A file system without links: what is there already was looked for when the file was begun.
        guard errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS, access(path, F_OK) != 0,
            rename(partial, path) == 0
        else { throw Self.failure(path, errno) }
    }

    private func syncFolder() throws {
        let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw Self.failure(folder, errno) }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw Self.failure(folder, errno) }
    }

    private static func failure(_ path: String, _ code: Int32) -> StoreError {
        let isFull = code == ENOSPC || code == EDQUOT || code == EFBIG
        let hint: String
        if isFull {
            hint = "free disk space there"
        } else if code == EEXIST {
            hint = "an archive is never overwritten: move it elsewhere"
        } else {
            hint = "'retention.archive' must be a directory that the service's user may write in"
        }
        return StoreError(
            isFull ? .full : .other,
            "the archive '\(path)' cannot be written, and nothing of it was removed: "
                + String(cString: strerror(code)),
            hint: hint
        )
    }
}

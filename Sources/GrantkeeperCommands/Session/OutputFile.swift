internal import Glibc

/// A file that a command was told to write: it takes its place at once and whole, or what was there stays.
///
/// What is there and is no file, such as a pipe or /dev/stdout, is written to. A link to a file is refused: what it
/// points to may be another's to write, and was not named. Memory holds a buffer.
struct OutputFile: ~Copyable {
    /// Where it is to be, looked at before the work begins.
    struct Target {
        let path: String
        private let isDevice: Bool

        /// Throws for a directory, and for a link to a file or to nothing.
        init(_ named: String) throws {
            var status = stat()
            let kind = stat(named, &status) == 0 ? status.st_mode & S_IFMT : S_IFREG
            guard kind != S_IFDIR else {
                throw CommandError(
                    .failed,
                    "plan-file",
                    "'\(Console.printableLong(named))' is a directory",
                    hint: "name a file"
                )
            }
            isDevice = kind != S_IFREG
            var link = stat()
            guard isDevice || lstat(named, &link) != 0 || link.st_mode & S_IFMT != S_IFLNK else {
                throw CommandError(
                    .failed,
                    "plan-file",
                    "'\(Console.printableLong(named))' is a symbolic link, and what it points to would be replaced",
                    hint:
                        "name the file itself; to standard output in a file write '--plan-out /dev/stdout | cat > FILE'"
                )
            }
            path = named
        }

        func open() throws -> OutputFile { try OutputFile(self, isDevice: isDevice) }

        /// Writes all of it to a descriptor.
        func write(_ bytes: some Collection<UInt8>, to descriptor: Int32) throws {
            let bytes = Array(bytes)
            var written = 0
            while written < bytes.count {
                let count = bytes.withUnsafeBytes {
                    Glibc.write(descriptor, $0.baseAddress.map { $0 + written }, $0.count - written)
                }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw failure() }
                written += count
            }
        }

        func failure() -> CommandError {
            CommandError(
                .failed,
                "plan-file",
                "the plan's file '\(Console.printableLong(path))' cannot be read or written: "
                    + String(cString: strerror(errno)),
                hint: "name a file in a directory that can be written"
            )
        }
    }

    private let target: Target
    private let descriptor: Int32
    /// A private file beside the target; nil: the target is written to, or the file is in its place.
    private var temporary: String?
    private var buffer: [UInt8] = []

    private init(_ target: Target, isDevice: Bool) throws {
        self.target = target
        if isDevice {
            descriptor = Glibc.open(target.path, O_WRONLY | O_CLOEXEC)
        } else {
            // mkstemp puts letters of its own in the place of the six.
            var name = Array("\(target.path).XXXXXX".utf8CString)
            descriptor = mkstemp(&name)
            temporary = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        guard descriptor >= 0 else { throw target.failure() }
        // Programs that a sink starts must not get it.
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }

    deinit {
        close(descriptor)
        if let temporary { unlink(temporary) }
    }

    mutating func write(_ bytes: some Collection<UInt8>) throws {
        buffer += bytes
        if buffer.count > 262_144 { try flush() }
    }

    /// Puts it in its place; without this nothing has changed there.
    mutating func finish() throws {
        try flush()
        guard let temporary else { return }
        guard fsync(descriptor) == 0, rename(temporary, target.path) == 0 else { throw target.failure() }
        self.temporary = nil
    }

    private mutating func flush() throws {
        try target.write(buffer, to: descriptor)
        buffer.removeAll(keepingCapacity: true)
    }
}

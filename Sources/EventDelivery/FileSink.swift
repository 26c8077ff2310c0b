internal import Glibc
package import Grants

/// Appends events to a file as NDJSON and syncs it before it acknowledges.
///
/// A pipe or a socket is refused: whoever reads it could hold up every other sink, and the end of the worker.
package struct FileSink: EventSink {
    package let settings: SinkSettings
    private let path: String

    package init(settings: SinkSettings, path: String) {
        self.settings = settings
        self.path = path
    }

    package func deliver(_ events: [OutgoingEvent]) async throws(SinkError) {
        // Not blocking: a pipe is opened only once something reads it, and a terminal may be stopped.
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0o640)
        guard descriptor >= 0 else {
            // What a pipe without a reader and a socket say.
            throw errno == ENXIO ? notAFile() : failure("cannot be opened")
        }
        defer { close(descriptor) }
        try check(descriptor)
        try endTornLine(descriptor)
        var bytes: [UInt8] = []
        for event in events {
            bytes += event.json
            bytes.append(0x0A)
        }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                write(descriptor, $0.baseAddress.map { $0 + written }, $0.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("cannot be written") }
            written += count
        }
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw failure("cannot be synced") }
    }

    private func check(_ descriptor: Int32) throws(SinkError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure("cannot be looked at") }
        let kind = status.st_mode & S_IFMT
        guard kind == S_IFREG || kind == S_IFCHR else { throw notAFile() }
    }

    /// A crash or a full disk may have left half a line: it is ended, so that the next is whole.
    private func endTornLine(_ descriptor: Int32) throws(SinkError) {
        let reader = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard reader >= 0 else { return }
        defer { close(reader) }
        let end = lseek(reader, 0, SEEK_END)
        guard end > 0 else { return }
        var last: UInt8 = 0
        guard pread(reader, &last, 1, end - 1) == 1, last != 0x0A else { return }
        var newline: UInt8 = 0x0A
        guard write(descriptor, &newline, 1) == 1 else { throw failure("cannot be written") }
    }

    private func notAFile() -> SinkError {
        SinkError(
            "'\(path)' of sink '\(settings.id)' is a pipe or a socket, which may block; nothing was written",
            hint: "name a file, or a sink of type exec that writes to it"
        )
    }

    private func failure(_ what: String) -> SinkError {
        SinkError(
            "the file '\(path)' of sink '\(settings.id)' \(what): \(String(cString: strerror(errno)))",
            hint: "check the directory, its owner and the room on the disk"
        )
    }
}

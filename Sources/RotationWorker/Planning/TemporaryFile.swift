internal import Glibc
package import Grants

/// Room for what memory must not hold: a private file without a name, gone with its descriptor.
package enum TemporaryFile {
    /// Opens one, in `TMPDIR` or `/tmp`; the caller closes it.
    ///
    /// Throws `full` where none can be made.
    package static func open() throws(StoreError) -> Int32 {
        let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        // mkstemp puts letters of its own in the place of the six.
        var template = Array("\(folder)/grantkeeper-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        guard descriptor >= 0 else {
            throw StoreError(
                .full,
                "no temporary file can be made in '\(folder)': \(String(cString: strerror(errno)))",
                hint: "set TMPDIR to a directory with room"
            )
        }
        unlink(template)
        // Programs that a sink starts must not get it.
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        return descriptor
    }
}

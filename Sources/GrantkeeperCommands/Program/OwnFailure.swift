internal import Glibc

/// Failures of this machine or this process, which say nothing about the file that was to be read.
enum OwnFailure {
    /// Whether the error's number speaks of a disk, of descriptors or of memory.
    static func isOne(_ number: Int32) -> Bool {
        [EIO, EMFILE, ENFILE, ENOMEM, EINTR, EAGAIN, ESTALE, ETIMEDOUT].contains(number)
    }
}

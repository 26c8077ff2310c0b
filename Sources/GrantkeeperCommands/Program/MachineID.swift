internal import Glibc

/// The machine's own id (machine-id(5)).
enum MachineID {
    /// What was read.
    struct Reading: Hashable {
        /// 32 hexadecimal digits; empty where the machine has none, or none yet.
        var id = ""
        /// Why it could not be read, where that says nothing about the machine; nil: it could.
        var failure: String?
    }

    /// The id in a file; a failure of this process is tried once more.
    static func read(_ path: String = "/etc/machine-id") -> Reading {
        let first = readOnce(path)
        return first.failure == nil ? first : readOnce(path)
    }

    private static func readOnce(_ path: String) -> Reading {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return failure(errno) }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { return failure(errno) }
        let text = String(decoding: bytes[..<count].prefix { $0 != 0x0A }, as: UTF8.self)
        return Reading(id: text.utf8.count == 32 && text.allSatisfy(\.isHexDigit) ? text : "")
    }

    private static func failure(_ number: Int32) -> Reading {
        Reading(failure: OwnFailure.isOne(number) ? String(cString: strerror(number)).lowercased() : nil)
    }
}

internal import Glibc

/// The machine's own id (machine-id(5)).
enum MachineID {
    /// 32 hexadecimal digits; empty where the machine has none, or none yet.
    static func read(_ path: String = "/etc/machine-id") -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        guard count > 0 else { return "" }
        let text = String(decoding: bytes[..<count].prefix { $0 != 0x0A }, as: UTF8.self)
        return text.utf8.count == 32 && text.allSatisfy(\.isHexDigit) ? text : ""
    }
}

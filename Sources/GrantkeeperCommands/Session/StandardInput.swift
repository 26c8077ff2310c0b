internal import ConfigurationFiles
internal import Glibc

/// Text that is piped into the program.
enum StandardInput {
    /// What it is called in messages.
    static let name = "standard input"

    private static let limit = 16 << 20

    static func text(_ descriptor: Int32) throws(ConfigurationErrors) -> String {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count == 0 { break }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw mistake("cannot be read: \(String(cString: strerror(errno)).lowercased())")
            }
            bytes += chunk[..<count]
            guard bytes.count <= limit else { throw mistake("is longer than 16 MiB") }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw mistake("is not UTF-8") }
        return text
    }

    private static func mistake(_ message: String) -> ConfigurationErrors {
        ConfigurationErrors(problems: [ConfigurationProblem(file: name, line: 0, column: 0, message: message)])
    }
}

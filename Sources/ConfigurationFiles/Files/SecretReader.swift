internal import Glibc
package import Grants

/// Reads a secret from where the configuration says it is.
package enum SecretReader {
    /// The secret, never empty.
    ///
    /// Line ends at the end of a file are no part of it. A file must be a regular one that only its owner can
    /// read or write; a credential is guarded by systemd, which may give its directory to a group.
    package static func read(_ source: SecretSource) throws(SecretError) -> Secret {
        try read(source) { name in
            guard let value = unsafe getenv(name) else { return nil }
            return unsafe String(cString: value)
        }
    }

    static func read(
        _ source: SecretSource,
        environment: (String) -> String?
    ) throws(SecretError) -> Secret {
        switch source {
        case .file(let path):
            return try file(path, source, isSecret: true)
        case .environment(let name):
            guard isVariableName(name), let value = environment(name) else {
                throw SecretError(.missing, source, "is not set", hint: "set it, or name a file instead")
            }
            guard !value.isEmpty else { throw SecretError(.empty, source, "is empty") }
            return Secret(value)
        case .credential(let name):
            guard isCredentialName(name) else {
                throw SecretError(
                    .badName,
                    source,
                    "is not a name",
                    hint: "write the name alone, without a directory"
                )
            }
            guard let directory = environment("CREDENTIALS_DIRECTORY"), !directory.isEmpty else {
                throw SecretError(
                    .missing,
                    source,
                    "cannot be found, CREDENTIALS_DIRECTORY is not set",
                    hint: "start it by systemd, in a unit with LoadCredential=\(name):PATH"
                )
            }
            return try file("\(directory)/\(name)", source, isSecret: false)
        }
    }

    static func isVariableName(_ name: String) -> Bool {
        !name.isEmpty && !(name.first?.isNumber ?? true)
            && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    }

    static func isCredentialName(_ name: String) -> Bool {
        !name.isEmpty && name != "." && name != ".." && name.utf8.count <= 255
            && !name.utf8.contains { $0 == UInt8(ascii: "/") || $0 < 0x20 }
    }

    private static let limit = 65_536

    private static func file(
        _ path: String,
        _ source: SecretSource,
        isSecret: Bool
    ) throws(SecretError) -> Secret {
        var bytes: [UInt8]
        do {
            bytes = try FileBytes.read(path, limit: limit, isRegular: true, isSecret: isSecret)
        } catch {
            switch error {
            case .system(let number):
                throw SecretError(
                    number == ENOENT ? .missing : .unreadable,
                    source,
                    "cannot be read: \(FileBytes.message(for: number))",
                    hint: "check its path and that this user may read it"
                )
            case .directory, .notRegular: throw SecretError(.notRegular, source, "is not a regular file")
            case .exposed:
                throw SecretError(
                    .exposed,
                    source,
                    "can be read or written by others than its owner",
                    hint: "chmod 600 '\(path)'"
                )
            case .tooLong: throw SecretError(.tooLong, source, "is longer than \(limit) bytes")
            }
        }
        while let last = bytes.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") {
            bytes.removeLast()
        }
        guard !bytes.isEmpty else { throw SecretError(.empty, source, "is empty") }
        return Secret(bytes)
    }
}

package import Grants

/// What a secret's bytes show of how they were written: an editor's marks and blanks are sent as part of it, and the
/// server then refuses it like any wrong one.
package struct SecretLook: Hashable, Sendable {
    package var source: SecretSource
    /// A sentence without a full stop; nothing of the secret stands in it.
    package var message: String
    package var hint: String

    /// nil: nothing speaks against it, or it cannot be read at all, which is told elsewhere.
    package init?(_ source: SecretSource) {
        guard let secret = try? SecretReader.read(source), let oddity = Self.oddity(of: secret.bytes) else {
            return nil
        }
        self.source = source
        message = "the secret in \(source) \(oddity), which is sent as part of it"
        hint = "write it again as plain UTF-8 without it, like: printf %s 'SECRET' > FILE"
    }

    /// Those of all secrets that are named, each source once, in their order.
    package static func all(in sources: [SecretSource]) -> [SecretLook] {
        var seen: Set<SecretSource> = []
        return sources.filter { seen.insert($0).inserted }.compactMap(SecretLook.init)
    }

    /// What stands there that is not meant to be sent; nil: nothing.
    static func oddity(of bytes: [UInt8]) -> String? {
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            return "is UTF-16 and not UTF-8"
        }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return "begins with a byte-order mark" }
        if bytes.contains(0) { return "contains a NUL byte" }
        guard let text = String(validating: bytes, as: UTF8.self) else { return "is not UTF-8" }
        let scalars = text.unicodeScalars
        if scalars.last.map(isBlank) == true { return "ends with a blank" }
        if scalars.first.map(isBlank) == true { return "begins with a blank" }
        // Line ends at the end are no part of it, others are.
        let isHidden = scalars.contains { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: true
            default: false
            }
        }
        return isHidden ? "contains a character that is not printable" : nil
    }

    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isWhitespace }
}

extension RotationSettings {
    /// Where the secrets are that go to providers, in the order of the file.
    package var secretSources: [SecretSource] {
        providers.flatMap { provider in
            [provider.client.secret]
                + provider.canaries.compactMap { canary in
                    if case .token(let source) = canary.origin { source } else { nil }
                }
        } + clients.map(\.secret)
    }
}

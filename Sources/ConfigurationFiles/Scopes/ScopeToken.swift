internal import Records

/// A scope as it is written (RFC 6749 §3.3, `scope-token`).
enum ScopeToken {
    /// What cannot be in it, in words; nil: it is one.
    static func mistake(in text: String) -> String? {
        guard text.utf8.count <= 256 else { return "it is longer than 256 bytes" }
        guard let stray = text.unicodeScalars.first(where: { !isAllowed($0) }) else {
            return text.isEmpty ? "it is empty" : nil
        }
        return
            "\(stray == " " ? "a blank" : "'\(RecordError.printable(String(stray)))'") cannot be in one (RFC 6749 §3.3)"
    }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x21, 0x23...0x5B, 0x5D...0x7E: true
        default: false
        }
    }
}

/// A fraction of a period that is always the same for the same name, so that work spreads out and a
/// plan stays the same however often it is computed.
///
/// FNV-1a; not for security.
package enum StableJitter {
    /// Between zero and `period`, by `name`.
    package static func delay(_ name: String, upTo period: Duration) -> Duration {
        delay(hash(name), upTo: period)
    }

    /// By the key's description, which is not made for it.
    static func delay(_ key: Grant.Key, upTo period: Duration) -> Duration {
        delay(hash(key.provider.rawValue, "/", key.id), upTo: period)
    }

    private static func delay(_ hash: UInt64, upTo period: Duration) -> Duration {
        let span = UInt64(clamping: period.milliseconds)
        return span == 0 ? .zero : .milliseconds(Int64(hash % span))
    }

    /// Of all the parts, one after the other.
    static func hash(_ parts: String...) -> UInt64 {
        var value: UInt64 = 0xcbf2_9ce4_8422_2325
        for part in parts {
            for byte in part.utf8 { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }
        }
        // FNV's low bits are weak for short names; fold the high ones in.
        value ^= value >> 32
        return value &* 0x9e37_79b9_7f4a_7c15 >> 11
    }
}

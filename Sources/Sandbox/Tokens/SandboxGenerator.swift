import Grants

/// Random numbers from the system, or ones that a seed repeats (SplitMix64).
struct SandboxGenerator: RandomNumberGenerator {
    private var state: UInt64?
    private var system = SystemRandomNumberGenerator()

    init(seed: UInt64?) {
        state = seed
    }

    mutating func next() -> UInt64 {
        guard let state else { return system.next() }
        let advanced = state &+ 0x9E37_79B9_7F4A_7C15
        self.state = advanced
        var mixed = (advanced ^ (advanced >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// An opaque token of 192 random bits; the prefix is for people who look at a trial.
    mutating func token(_ kind: TokenKind) -> Secret {
        var bytes = Array((kind == .accessToken ? "at_" : "rt_").utf8)
        for _ in 0..<4 {
            var number = next()
            for _ in 0..<8 {
                bytes.append(Self.alphabet[Int(number & 0x3F)])
                number >>= 6
            }
        }
        return Secret(bytes)
    }

    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8
    )
}

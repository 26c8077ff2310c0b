extension Duration {
    package static func minutes(_ count: Int64) -> Duration { .seconds(count * 60) }
    package static func hours(_ count: Int64) -> Duration { .seconds(count * 3_600) }
    package static func days(_ count: Int64) -> Duration { .seconds(count * 86_400) }

    /// Whole milliseconds, rounded towards zero, saturating.
    package var milliseconds: Int64 { Int64(clamping: attoseconds / 1_000_000_000_000_000) }

    /// As people write it in a configuration: the largest unit that divides it, `90d`, `15m`, `0s`.
    package var typed: String {
        let ms = milliseconds
        if ms == 0 { return "0s" }
        for (unit, size) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)]
        where ms % Int64(size) == 0 {
            return "\(ms / Int64(size))\(unit)"
        }
        return "\(ms)ms"
    }

    /// Reads `90d`, `36h`, `15m`, `10s`, `250ms`; nil for anything else, a bare number included.
    package init?(typed text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard !digits.isEmpty, digits.count <= 12, let count = Int64(digits) else { return nil }
        switch text.dropFirst(digits.count) {
        case "ms": self = .milliseconds(count)
        case "s": self = .seconds(count)
        case "m": self = .minutes(count)
        case "h": self = .hours(count)
        case "d": self = .days(count)
        case "w": self = .days(count * 7)
        default: return nil
        }
    }
}

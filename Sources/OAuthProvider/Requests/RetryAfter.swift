internal import Grants

/// How long a server asks us to wait (RFC 9110 §10.2.3).
enum RetryAfter {
    /// No server can send us away for longer.
    static let longest = Duration.hours(1)

    /// Reads delta-seconds or a date; nil for garbage.
    ///
    /// A date is measured against the server's own `Date` where it sent one, so that its clock's error
    /// cancels out. What is negative or past is zero.
    static func parse(_ text: String, serverDate: Timestamp?, now: Timestamp) -> Duration? {
        let text = text.trimmingBlanks
        if let seconds = deltaSeconds(text) { return seconds }
        guard let date = HTTPDate.parse(text, now: now) else { return nil }
        return min(max(.zero, date - (serverDate ?? now)), longest)
    }

    private static func deltaSeconds(_ text: String) -> Duration? {
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        if text.hasPrefix("-") { return .zero }
        // More digits than an Int64 holds is a long time, not garbage.
        return min(Int64(digits).map { .seconds(min($0, 86_400)) } ?? longest, longest)
    }
}

extension String {
    /// Without spaces and tabs around it (RFC 9110 §5.6.3).
    var trimmingBlanks: String {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        guard let first = firstIndex(where: { !isBlank($0) }), let last = lastIndex(where: { !isBlank($0) })
        else {
            return ""
        }
        return String(self[first...last])
    }
}

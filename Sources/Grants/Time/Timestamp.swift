internal import Records

/// An instant on the UTC time line, in whole milliseconds since 1970-01-01.
///
/// The store keeps it as one integer; records and events show it as RFC 3339.
package struct Timestamp: Hashable, Comparable, Sendable {
    package var milliseconds: Int64

    package init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    package static let distantPast = Timestamp(milliseconds: 0)

    package static func < (lhs: Timestamp, rhs: Timestamp) -> Bool {
        lhs.milliseconds < rhs.milliseconds
    }

    /// Saturates instead of trapping: a policy of `100000000d` is silly, not fatal.
    package static func + (lhs: Timestamp, rhs: Duration) -> Timestamp {
        let (sum, overflow) = lhs.milliseconds.addingReportingOverflow(rhs.milliseconds)
        return Timestamp(milliseconds: overflow ? (rhs < .zero ? .min : .max) : sum)
    }

    package static func - (lhs: Timestamp, rhs: Duration) -> Timestamp {
        let (sum, overflow) = lhs.milliseconds.subtractingReportingOverflow(rhs.milliseconds)
        return Timestamp(milliseconds: overflow ? (rhs < .zero ? .max : .min) : sum)
    }

    package static func - (lhs: Timestamp, rhs: Timestamp) -> Duration {
        .milliseconds(lhs.milliseconds &- rhs.milliseconds)
    }
}

extension Timestamp: CustomStringConvertible {
    /// RFC 3339 in UTC, with milliseconds only where there are some.
    package var description: String { RFC3339.string(milliseconds) }
}

package import Grants

/// How many verdicts of each sort a provider gave.
package struct VerdictCounts: Hashable, Sendable {
    package var active = 0
    package var inactive = 0
    /// Why → number.
    package var unknown: [UnknownReason: Int] = [:]

    package init() {}

    /// What a report counted as a whole.
    package init(_ report: VerdictReport) {
        active = report.active
        inactive = report.inactive
        unknown = report.unknown
    }

    package mutating func add(_ other: VerdictCounts) {
        active += other.active
        inactive += other.inactive
        unknown.merge(other.unknown, uniquingKeysWith: +)
    }
}

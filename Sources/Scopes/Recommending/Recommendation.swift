package import Grants

/// The smallest set of scopes that a client can live with, and how to get there.
package struct Recommendation: Hashable, Sendable {
    /// How far the evidence can be trusted.
    package enum Confidence: String, CaseIterable, Comparable, Sendable {
        case none, low, medium, high

        package static func < (lhs: Self, rhs: Self) -> Bool { lhs.rank < rhs.rank }

        private var rank: Int {
            switch self {
            case .none: 0
            case .low: 1
            case .medium: 2
            case .high: 3
            }
        }

        /// High from 95 % coverage over 90 days, medium from 80 % over 30 days; without a window none.
        package init(coverage: Double, window: Window?) {
            guard let window, coverage > 0 else {
                self = .none
                return
            }
            let length = window.until - window.from
            if coverage >= 0.95, length >= .days(90) {
                self = .high
            } else if coverage >= 0.8, length >= .days(30) {
                self = .medium
            } else {
                self = .low
            }
        }
    }

    /// A scope of the smallest set.
    package struct Kept: Hashable, Sendable {
        package var scope: String
        /// That need it, or something that it covers and nothing else of the set does.
        package var steps: [StepID]
        /// nil: not in the window.
        package var lastUsed: Timestamp?
        /// It is used, but nothing allows it: give the client a role with it, or stop using it.
        package var isOutsidePolicy: Bool
    }

    /// A scope that is held and not needed.
    package struct Excess: Hashable, Sendable {
        package var scope: String
        /// What is needed of it; empty: nothing.
        package var instead: [String]
        /// At any time, also before the window.
        package var lastUsed: Timestamp?
        package var risk: ScopeRisk?
        /// Another held scope implies it: leaving it out changes nothing that can be done.
        package var isImplied: Bool
    }

    package var tenant: TenantID
    package var client: ClientKey
    // All by the provider's words.
    package var keep: [Kept]
    package var excess: [Excess]
    /// Needed by steps and not seen used in the window: perhaps the client does not take these steps.
    package var unusedNeeds: [String]
    /// Held or used, and not in the catalogue: nothing is said about these.
    package var unknown: [String]
    package var confidence: Confidence
    /// 0 to 1.
    package var coverage: Double
    package var window: Window?
    /// Those that the provider offers, the one that changes most first.
    package var ways: [NarrowingWay]

    /// What the excess comes down to: nothing is to be done.
    package var isMinimal: Bool { excess.isEmpty }
}

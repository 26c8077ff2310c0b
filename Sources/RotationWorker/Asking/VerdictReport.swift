package import Grants

/// What the providers said in one run.
package struct VerdictReport: Sendable {
    /// One grant that was asked about by name.
    package struct Line: Sendable {
        package var key: Grant.Key
        package var verdict: Verdict
        /// A sentence of the provider's part, where it is unknown; never a secret.
        package var detail: String?
    }

    package var active = 0
    package var inactive = 0
    /// Why → number.
    package var unknown: [UnknownReason: Int] = [:]
    /// Inactive answers that a surge or a creep holds until they are approved.
    package var pending = 0
    /// Grants of which the provider tells more scopes than their records.
    package var drifted = 0
    /// Ended grants that the provider called active.
    package var resurfaced = 0
    package var lines: [Line] = []
    /// Providers held now, and why.
    package var held: [ProviderID: String] = [:]
    package var recovered: [ProviderID] = []
    /// Providers that were to be asked and could not be.
    package var unreachable: [ProviderID: String] = [:]
    package var asked = 0
    package var providersAsked = 0
    package var surges: [HeldPlan] = []
    /// The verdicts of each provider apart.
    package var byProvider: [ProviderID: VerdictCounts] = [:]

    package init() {}

    package var unknownCount: Int { unknown.values.reduce(0, +) }

    mutating func count(_ verdict: Verdict) {
        switch verdict {
        case .active: active += 1
        case .inactive: inactive += 1
        case .unknown(let why): unknown[why, default: 0] += 1
        }
    }
}

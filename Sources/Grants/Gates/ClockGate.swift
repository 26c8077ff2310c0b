/// The gate between a plan and what of it rests on the clock; it comes after the hashes, since a dry run asks nobody.
package struct ClockGate: Hashable, Sendable {
    /// Providers whose clock is not ours: nothing of theirs is applied.
    package let skewed: Set<ProviderID>
    /// Providers whose clock nobody saw in this run: nothing of theirs ends by ours.
    package let undated: Set<ProviderID>

    /// Open to everything.
    package static let open = ClockGate(skewed: [], undated: [])

    private init(skewed: Set<ProviderID>, undated: Set<ProviderID>) {
        self.skewed = skewed
        self.undated = undated
    }

    /// By what was read of each provider that a plan applies anything to; `trusting` are those with `clock: trusted`.
    package init(_ readings: [ProviderID: ServerClock], trusting: Set<ProviderID>) {
        var (skewed, undated): (Set<ProviderID>, Set<ProviderID>) = ([], [])
        for (provider, reading) in readings {
            switch reading {
            case .agrees: break
            case .skewed: skewed.insert(provider)
            case .unknown: if !trusting.contains(provider) { undated.insert(provider) }
            }
        }
        self.init(skewed: skewed, undated: undated)
    }

    /// Whether the decision may not be applied now.
    package func isClosed(to decision: Decision, on grant: Grant) -> Bool {
        guard Gates.canHold(decision) else { return false }
        let provider = grant.key.provider
        return skewed.contains(provider) || (undated.contains(provider) && Gates.needsDate(decision, on: grant))
    }
}

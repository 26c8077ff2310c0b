internal import Grants
internal import Records

/// The held plans of a report or of the store.
enum HeldPlans {
    static func write(_ plan: HeldPlan, to writer: inout JSONWriter) {
        writer.member("tenant", plan.tenant?.rawValue)
        writer.member("provider", plan.provider?.rawValue)
        writer.member("would_end", plan.wouldEnd)
        writer.member("live", plan.live)
        writer.member("why", plan.why)
        writer.member("hash", plan.hash)
        writer.member("approvable", plan.isApprovable)
    }

    /// Tenant at provider, or what else it holds.
    static func scope(_ plan: HeldPlan) -> String {
        switch (plan.tenant, plan.provider) {
        case (let tenant?, let provider?): "\(tenant) at \(provider)"
        case (nil, let provider?): "all of \(provider)"
        default: "the whole store"
        }
    }

    /// What stops, why, and the command that helps: one sentence for the log.
    static func warning(_ plan: HeldPlan) -> String {
        "\(plan.why) holds a plan to end \(Console.count(plan.wouldEnd, "grant")) of \(Console.count(plan.live, "live grant")) "
            + "(\(Console.printableLong(scope(plan)))): \(remedy(plan))"
    }

    /// For the log: the first ``mostWarnings``, and how many more there are.
    static func warnings(_ plans: [HeldPlan]) -> [String] {
        let rest = plans.count - mostWarnings
        return plans.prefix(mostWarnings).map(warning)
            + (rest > 0 ? ["and \(Console.count(rest, "more held plan")): 'grantkeeper runs list' shows them"] : [])
    }

    private static let mostWarnings = 20

    private static func remedy(_ plan: HeldPlan) -> String {
        if plan.isApprovable { return "'grantkeeper runs approve \(plan.hash.prefix(12)) --reason …' carries it out" }
        switch plan.why {
        case Gates.Gate.observe.rawValue: return "'mode: enforce' under 'rotation' carries plans out"
        case Gates.Gate.frozen.rawValue: return "'grantkeeper thaw --reason …' ends the freeze"
        case Gates.Gate.heldProvider.rawValue, Gates.Gate.noDate.rawValue:
            return "'grantkeeper providers check' shows what is wrong with the provider"
        default: return "it goes on by itself when the gate opens; 'grantkeeper runs list' shows it"
        }
    }
}

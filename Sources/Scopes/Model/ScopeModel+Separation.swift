extension ScopeModel {
    /// A separation of duties that is broken, and by which of its steps.
    struct BrokenSeparation {
        let rule: SeparationOfDuties
        let steps: [Int]
    }

    /// Whether the scopes suffice for the step; a step without known scopes needs more than scopes.
    func canTake(_ step: Int, with scopes: ScopeSet) -> Bool {
        !stepNeeds[step].isEmpty && !isStepUncertain[step] && stepNeeds[step].allSatisfy { scopes.contains($0) }
    }

    /// The separations of which two or more steps can be taken.
    ///
    /// `able` is all scopes at hand, with what they cover; `taking` are steps that are given by name, which counts
    /// where scopes cannot tell.
    func brokenSeparations(able: ScopeSet, taking: Set<Int> = []) -> [BrokenSeparation] {
        separations.enumerated().compactMap { number, steps in
            let reached = steps.filter { step in
                canTake(step, with: able)
                    || (taking.contains(step) && (stepNeeds[step].isEmpty || isStepUncertain[step]))
            }
            guard reached.count > 1 else { return nil }
            return BrokenSeparation(rule: documents.workflow.neverTogether[number], steps: reached)
        }
    }
}

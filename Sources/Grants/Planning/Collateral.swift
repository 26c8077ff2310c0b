/// Whether an end may be carried out together with everything it takes along.
///
/// A revocation at the provider reaches more than the row it is meant for: the family, and what
/// `revocation_reaches` adds. All of that due to end makes one all-or-nothing group; else the end
/// becomes a keep that names what stood in its way.
package enum Collateral {
    /// A live grant that the revocation would reach, with its own decision.
    package struct Reached: Hashable, Sendable {
        package var grant: Grant
        package var decision: Decision

        package init(_ grant: Grant, _ decision: Decision) {
            self.grant = grant
            self.decision = decision
        }
    }

    /// The decision on `grant` once what its end reaches is known; other decisions stay.
    package static func settle(
        _ decision: Decision,
        on grant: Grant,
        reaching others: [Reached]
    ) -> Decision {
        guard case .end(let end) = decision.action, !end.isSuperseded else { return decision }
        let inTheWay = others.filter { other in
            other.grant.key != grant.key && other.grant.standing.isLive
                && (!other.decision.isEnd || other.grant.tenant != grant.tenant)
        }
        guard !inTheWay.isEmpty else { return decision }
        let ids = inTheWay.map(\.grant.key.id).sorted()
        let more = ids.count > 20 ? " and \(ids.count - 20) more" : ""
        return Decision(
            .keep,
            .collateral,
            "would also end \(ids.prefix(20).joined(separator: ", "))\(more)"
        )
    }
}

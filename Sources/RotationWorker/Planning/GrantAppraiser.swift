package import Grants

/// What the planner says of single grants now, for people who look: `grants list`, `grants show`.
package struct GrantAppraiser: Sendable {
    /// A grant with its decision and the evidence it rests on.
    package struct Appraisal: Sendable {
        package var stored: StoredGrant
        package var decision: Decision
        package var window: Window?
        package var lastUsedAt: Timestamp?
        package var scopes: PlanningContext.ScopeJudgement
        /// The revision of the scope policy that put its scopes outside.
        package var scopesChangedIn: String?
        package var notes: GrantNotes
    }

    private let environment: RotationEnvironment
    private let now: Timestamp

    package init(_ environment: RotationEnvironment) {
        self.environment = environment
        now = environment.clock.now()
    }

    /// In key order, memory bounded; `wanted` chooses before anything is judged.
    package func forEach(
        _ state: GrantState,
        in selection: GrantSelection,
        limit: Int?,
        where wanted: @escaping @Sendable (StoredGrant) -> Bool,
        _ body: @escaping @Sendable (Appraisal) -> Void
    ) async throws {
        let (environment, now) = (environment, now)
        try await environment.store.read { reading in
            let assessor = try Self.assessor(reading, environment, now)
            var left = limit ?? .max
            struct Enough: Error {}
            do {
                try reading.forEach(state, in: selection) { stored in
                    guard wanted(stored) else { return }
                    guard left > 0 else { throw Enough() }
                    left -= 1
                    body(try Self.appraise(stored, assessor))
                }
            } catch is Enough {}
        }
    }

    package func appraisal(of key: Grant.Key) async throws -> Appraisal? {
        let (environment, now) = (environment, now)
        return try await environment.store.read { reading in
            let assessor = try Self.assessor(reading, environment, now)
            return try reading.grant(key).map { try Self.appraise($0, assessor) }
        }
    }

    private static func assessor(
        _ reading: any StoreReading,
        _ environment: RotationEnvironment,
        _ now: Timestamp
    ) throws -> Assessor {
        try Assessor(
            reading,
            environment.settings,
            ownTokens: environment.ownTokens,
            scopes: ScopeRuling(reading, environment.scopePolicies, environment.settings, now: now),
            now: now
        )
    }

    private static func appraise(_ stored: StoredGrant, _ assessor: Assessor) throws -> Appraisal {
        let assessment = stored.grant.standing.isLive ? try assessor.assess(stored) : try assessor.judge(stored)
        return Appraisal(
            stored: stored,
            decision: assessment.decision,
            window: assessment.family.window,
            lastUsedAt: assessment.family.lastUsedAt,
            scopes: assessment.context.scopes,
            scopesChangedIn: assessment.context.scopesChangedIn,
            notes: assessment.notes(assessment.ownEnd)
        )
    }
}

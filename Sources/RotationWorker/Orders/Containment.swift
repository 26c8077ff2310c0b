package import Grants

/// Carries out a plan to contain somebody: decides all ends; the queue and the events are worked beside it.
package struct Containment: Sendable {
    private static let batchSize = 500

    /// What was decided, and what was not.
    package struct Ordered: Sendable {
        /// When the first end was decided: what times count from.
        package var at: Timestamp
        package var count = 0
        /// A freeze came after the plan.
        package var frozen = 0
        /// Ended meanwhile, or found to be what grantkeeper lives on.
        package var gone = 0
        /// The place in the journal of the last decision.
        package var lastSeq: Int64 = 0
    }

    private let environment: RotationEnvironment
    private let run: Int64
    private let reason: String
    private let reference: String?
    private let options: OrderOptions

    package init(
        _ environment: RotationEnvironment,
        run: Int64,
        reason: String,
        reference: String?,
        options: OrderOptions
    ) {
        self.environment = environment
        self.run = run
        self.reason = reason
        self.reference = reference
        self.options = options
    }

    /// Decides the end of every row that is still there to end, and says so after each batch.
    ///
    /// What was decided stays so when this throws: the queue goes on with it, and the same order decides the rest.
    package func order(_ plan: ContainmentPlan, afterBatch: @Sendable (Int) -> Void) async throws -> Ordered {
        var ordered = Ordered(at: environment.clock.now())
        ordered.lastSeq = try await announce(plan, at: ordered.at)
        var next = 0
        while next < plan.spool.count {
            try environment.stop.check()
            let rows = try plan.spool.read(from: next, limit: Self.batchSize).map(\.row)
            let part = try await environment.store.write { writing in try decide(rows, in: writing) }
            ordered.count += part.count
            ordered.frozen += part.frozen
            ordered.gone += part.gone
            ordered.lastSeq = part.lastSeq
            next += rows.count
            environment.progress(.init(step: "ordering", done: next, total: plan.spool.count))
            afterBatch(next)
        }
        return ordered
    }

    /// Who ordered what, before the first end.
    private func announce(_ plan: ContainmentPlan, at now: Timestamp) async throws -> Int64 {
        var event = Event(Event.Kind.runApproved, at: now)
        event.tenant = plan.selection.tenant
        event.provider = plan.selection.provider
        event.client = plan.selection.client
        event.reason = reason
        event.run = run
        event.actor = environment.actor
        event.reference = reference
        event.details = [
            "hash": .string(plan.hash), "why": .string("contain"), "would_end": .number(Int64(plan.total)),
        ]
        let announced = event
        return try await environment.store.write { try $0.append(announced, about: nil).seq }
    }

    /// Freezes are read again: one that was typed in another window counts at once.
    private func decide(_ rows: [Int64], in writing: any StoreWriting) throws -> Ordered {
        let now = environment.clock.now()
        let hand = try HandOrder(
            environment,
            reason: reason,
            reference: reference,
            options: options,
            run: run,
            at: now,
            writing
        )
        let freezes = options.whileFrozen ? [] : try writing.freezes().map(\.selection)
        var part = Ordered(at: now)
        for row in rows {
            guard let stored = try writing.grant(row: row) else {
                part.gone += 1
                continue
            }
            if freezes.contains(where: { $0.includes(stored.grant) }) {
                part.frozen += 1
            } else if try hand.end(stored, in: writing) {
                part.count += 1
            } else {
                part.gone += 1
            }
        }
        part.lastSeq = try writing.journalHead().seq
        return part
    }
}

internal import Grants

/// Whether too many grants turned inactive in a day, or too many were called gone in a month.
extension ProviderRound {
    /// What a run adds to what the store remembers of the day.
    private struct Day {
        /// Grants that turned inactive and that no member of their family carries on.
        var firsts: Set<Int64> = []
        var surge = Surge(newlyInactive: 0, asked: 0, history: [])
        var creep = Creep(ended: 0, live: 0)

        var why: String? { surge.isOne ? "surge" : creep.isOne ? "creep" : nil }
    }

    /// First inactive answers count when the whole run is known, and only if they are neither a surge nor part of a creep.
    mutating func settleWatch() async throws {
        let (provider, run, now, actor) = (settings.id, job.run, environment.clock.now(), environment.actor)
        let (asked, policyHash, known, isDistrusted) = (report.asked, environment.policyHash, hold, isDistrusted)
        let rate = QuestionRate(asked: asked, in: now - startedAt)
        let held = try await write { writing -> HeldPlan? in
            if let rate { try writing.setSetting(QuestionRate.setting(of: provider), rate.stored) }
            let waits = known?.needsApproval == true
            let pending = try writing.pendingVerdicts(of: provider).filter { waits || $0.run == run }
            if isDistrusted, !waits {
                // Nothing of it counts while it is held; when it recovers the questions begin again.
                for verdict in pending { try writing.removePendingVerdict(row: verdict.row) }
                return nil
            }
            let day = try Self.day(pending, of: provider, run: run, wasAsked: asked > 0, at: now, in: writing)
            guard let why = waits ? known?.why : day.why else {
                try PendingVerdicts.count(pending, in: writing)
                return nil
            }
            if !waits {
                try PendingVerdicts.join(day.firsts, of: provider, run: run, since: now - Surge.window, in: writing)
            }
            let plan = try PendingVerdicts.hold(
                try writing.pendingVerdicts(of: provider),
                of: provider,
                why: why,
                asked: why == "surge" ? max(day.surge.asked, asked) : day.creep.live,
                policyHash: policyHash,
                at: now,
                in: writing
            )
            if !waits {
                var event = Event(Event.Kind.providerHeld, at: now)
                event.provider = provider
                event.reason = why
                event.run = run
                event.actor = actor
                event.details = [
                    "hash": .string(plan.hash), "asked": .number(Int64(day.surge.asked)),
                    "newly_inactive": .number(Int64(day.surge.newlyInactive)),
                    "ended_in_30_days": .number(Int64(day.creep.ended)), "live": .number(Int64(day.creep.live)),
                ]
                try writing.append(event, about: nil)
            }
            return plan
        }
        guard let held else { return }
        report.held[provider] = held.why
        report.surges.append(held)
        report.pending = held.wouldEnd
    }

    /// Reads the day as it is with this run's answers, and enters them.
    private static func day(
        _ pending: [PendingVerdict],
        of provider: ProviderID,
        run: Int64,
        wasAsked: Bool,
        at now: Timestamp,
        in writing: any StoreWriting
    ) throws -> Day {
        var day = Day()
        let since = now - Surge.window
        let known = try writing.firstInactives(at: provider, since: since)
        let fresh = pending.filter { $0.run == run }
        let candidates = Set(known.filter { !$0.isApproved }.map(\.row) + pending.map(\.row))
        day.firsts = candidates.subtracting(try succeeded(among: candidates, in: writing))
        let new = fresh.filter { day.firsts.contains($0.row) }
        if wasAsked {
            let firsts = new.map { FirstInactive(row: $0.row, at: $0.at) }
            try writing.noteFirstInactives(firsts, at: provider, now: now)
        }
        day.surge.newlyInactive = day.firsts.count
        day.surge.history = try writing.surgeHistory(
            at: provider,
            before: now.milliseconds / 86_400_000,
            days: Surge.days
        )
        let enough = Surge.enough(for: day.firsts.count)
        // Fewer than make a surge need no look at the others.
        if Surge(newlyInactive: day.firsts.count, asked: 0, history: []).isOne {
            let unrecorded = try pending.count {
                try writing.grant(row: $0.row)?.grant.validity.lastVerdictAt.map { $0 < since } ?? true
            }
            day.surge.asked = try writing.askedGrants(at: provider, since: since, enough: enough) + unrecorded
        } else {
            day.surge.asked = enough
        }
        day.creep.ended = try writing.goneEnds(at: provider, since: now - Creep.window)
        if day.creep.ended > 0 {
            day.creep.live = try writing.counts(endsSince: now).reduce(0) {
                $1.key.provider == provider ? $0 + $1.value.live : $0
            }
        }
        return day
    }

    /// Rows of grants whose consent another member of their family carries on.
    private static func succeeded(among rows: Set<Int64>, in writing: any StoreWriting) throws -> Set<Int64> {
        var families: Set<Int64> = []
        for row in rows {
            if let family = try writing.grant(row: row)?.grant.family { families.insert(family) }
        }
        var succeeded: Set<Int64> = []
        for family in families {
            let members = try writing.members(ofFamily: family, limit: Assessor.groupLimit)
            let candidates = Set(members.filter { rows.contains($0.row) }.map(\.grant.key))
            let covered = Succession.successors(among: members.map(\.grant)) { member in
                candidates.contains(member.key) || member.validity.inactiveCount > 0
            }
            succeeded.formUnion(members.filter { covered[$0.grant.key] != nil }.map(\.row))
        }
        return succeeded
    }
}

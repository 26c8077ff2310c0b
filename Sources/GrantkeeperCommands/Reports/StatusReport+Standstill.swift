internal import Grants

/// What can go on for months without a fault that anyone sees: each with its cause and the command that helps.
extension StatusReport {
    /// Unknown answers and failing canaries are told after this many times `revalidate_every`.
    static let periodsOfPatience = 2

    var standstillNeeds: [Need] {
        canaryNeeds + unknownNeeds + lateQuestionNeeds + unrevocableNeeds + unjudgedNeeds + clientNeeds
    }

    // MARK: Answers

    /// Providers at which no `inactive` could count for long: a token that died there would not be noticed.
    private var canaryNeeds: [Need] {
        canaries.sorted { $0.key < $1.key }.flatMap { provider, states -> [Need] in
            states.sorted { $0.key.rawValue < $1.key.rawValue }.compactMap { kind, state -> Need? in
                guard let since = state.failingSince, at - since > patience(at: provider),
                    counts.contains(where: { $0.key.provider == provider && $0.value.live > 0 }),
                    !isAccepted(allOf: provider, [.canary, .noCanary, .noControl, .canaryTooYoung])
                else { return nil }
                return Need(
                    code: "verdicts-do-not-count",
                    message: "no 'inactive' about \(kind.words) has counted at "
                        + "\(Console.printable(provider.rawValue)) since \(since): \(state.why ?? "")",
                    hint: "grantkeeper providers check \(provider.rawValue)"
                )
            }
        }
    }

    private var unknownNeeds: [Need] {
        var found: [Group: (count: Int, since: Timestamp)] = [:]
        for unknown in standstill.unknown {
            guard let why = unknown.why, !why.isSilence, at - unknown.since > patience(unknown),
                !isAccepted(unknown.holder, .unknown(why))
            else { continue }
            let group = Group(provider: unknown.holder.provider, why: why.rawValue)
            let known = found[group] ?? (0, unknown.since)
            found[group] = (known.count + unknown.count, min(known.since, unknown.since))
        }
        return found.sorted { $0.key < $1.key }.map { group, answers in
            Need(
                code: "answers-unknown",
                message: "the answers about \(Console.count(answers.count, "grant")) at "
                    + "\(Console.printable(group.provider.rawValue)) have been unknown since \(answers.since) "
                    + "(\(group.why))",
                hint: "grantkeeper grants list --verdict unknown --provider \(group.provider.rawValue)"
            )
        }
    }

    /// Nothing asks: answers cannot even be unknown.
    ///
    /// Of a provider that is held or silent another need says why.
    private var lateQuestionNeeds: [Need] {
        overview.oldestQuestions.sorted { $0.key < $1.key }.compactMap { provider, oldest in
            guard at - oldest > patience(at: provider), holds[provider] == nil, breakers[provider] == nil
            else { return nil }
            return Need(
                code: "questions-late",
                message: "grants have waited since \(oldest) for \(Console.printable(provider.rawValue)) to be asked",
                hint: "is the worker running with a schedule of job revalidate, or 'grantkeeper rotate' in cron?"
            )
        }
    }

    // MARK: Ends

    private var unrevocableNeeds: [Need] {
        byProvider(standstill.unrevocable, .cannotRevoke).map { provider, count in
            Need(
                code: "cannot-revoke",
                message: "\(Console.count(count, "grant")) at \(Console.printable(provider.rawValue)) should end and "
                    + "cannot be revoked: no token, no revocation endpoint, or no credentials of the client",
                hint: "name the clients under 'clients:', or accept it under 'accepted_gaps:'; "
                    + "grantkeeper rotate --dry-run --plan-out FILE lists them"
            )
        }
    }

    var resurfacedNeeds: [Need] {
        guard standstill.resurfaced > 0 else { return [] }
        let isOne = standstill.resurfaced == 1
        return [
            Need(
                code: "resurfaced",
                message:
                    "\(Console.count(standstill.resurfaced, "grant")) \(isOne ? "shows" : "show") signs of life after "
                    + "\(isOne ? "its" : "their") end",
                hint: "grantkeeper grants list --standing resurfaced; then 'revoke', or 'grants settle' with a reason"
            )
        ]
    }

    // MARK: Parts

    /// How long answers about these may stay unknown.
    private func patience(_ unknown: Standstill.Unknown) -> Duration {
        let subject = PolicySubject(
            tenant: unknown.holder.tenant,
            party: settings.tenants.first { $0.id == unknown.holder.tenant }?.party,
            provider: unknown.holder.provider,
            client: unknown.holder.client,
            role: unknown.role,
            environment: unknown.environment
        )
        return settings.policy.values(for: subject).values.revalidateEvery * Self.periodsOfPatience
    }

    private func patience(at provider: ProviderID) -> Duration {
        settings.policy.revalidation(at: provider).lowerBound * Self.periodsOfPatience
    }

    /// Unknown answers that are younger are no matter for anyone's patience.
    static func unknownSince(_ settings: RotationSettings, at now: Timestamp) -> Timestamp {
        let all = settings.providers.map { settings.policy.revalidation(at: $0.id).lowerBound }
        return now - (all.min() ?? settings.policy.defaults.revalidateEvery) * periodsOfPatience
    }

    private struct Group: Hashable, Comparable {
        var provider: ProviderID
        var why: String

        static func < (lhs: Self, rhs: Self) -> Bool {
            lhs.provider == rhs.provider ? lhs.why < rhs.why : lhs.provider < rhs.provider
        }
    }

    private func byProvider(
        _ counts: [Standstill.Holder: Int],
        _ why: AcceptedGap.Why
    ) -> [(provider: ProviderID, count: Int)] {
        var sums: [ProviderID: Int] = [:]
        for (holder, count) in counts where !isAccepted(holder, why) { sums[holder.provider, default: 0] += count }
        return sums.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    func isAccepted(_ holder: Standstill.Holder, _ why: AcceptedGap.Why) -> Bool {
        settings.acceptedGaps.contains { $0.why == why && $0.covers(holder, at: at) }
    }

    private func isAccepted(allOf provider: ProviderID, _ reasons: [UnknownReason]) -> Bool {
        settings.acceptedGaps.contains { gap in
            reasons.contains { gap.why == .unknown($0) } && gap.covers(allOf: provider, at: at)
        }
    }
}

extension TokenKind {
    fileprivate var words: String { self == .accessToken ? "an access token" : "a refresh token" }
}

extension UnknownReason {
    /// Nothing was asked, so there is no answer: of a grant without a token that could be asked about.
    fileprivate var isSilence: Bool { self == .noToken }
}

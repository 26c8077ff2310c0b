internal import Grants

/// Asks a provider about tokens whose state is known, before its word about others is believed.
///
/// Around a batch: every canary, a made-up token that must be inactive, and, where only our own client's canary
/// exists, a control group of grants that were active last.
struct ProviderProbe {
    /// What one round of questions showed.
    struct Reading {
        var canaries: [TokenKind: VerdictJudge.Canary] = [:]
        /// Of the refresh canaries; what was known of them is in ``ProviderProbe/sightings``.
        var condition = CanaryCondition.young
        /// Known-good tokens with whether they were active, in the order in which they were asked.
        var sighted: [Sighting] = []
        /// Why the provider must be held: `credentials`, `forbidden`, `clock-skew`.
        var hold: String?
        /// No question reached it: nobody else needs to be asked.
        var unreachable: UnknownReason?
        /// How long the server asked us to wait; nil: it did not.
        var retryAfter: Duration?
        var detail: String?
        /// An answer bore a `Date`, so that its clock was looked at.
        var sawDate = false
        /// It called a made-up token active: its "active" says nothing.
        var believesAnything = false
        /// Every canary, asked as often as was wanted, and the made-up token answered as they must.
        var isSound = false

        /// ``sighted``, as far as it may be dated: by a clock that is not the server's nothing is known to be active since an
        /// instant.
        var datedSightings: [Sighting] { hold == "clock-skew" ? undatedSightings : sighted }

        /// Those that need no date: what was called anything else than active begins again.
        var undatedSightings: [Sighting] { sighted.filter { $0.isActive != true } }

        /// What failed in the other round is not believed in this one either.
        mutating func distrust(where other: Reading) {
            condition = condition.with(other.condition)
            for kind in TokenKind.allCases where other.canaries[kind] == .failed { canaries[kind] = .failed }
            believesAnything = believesAnything || other.believesAnything
        }
    }

    /// A known-good token and what it was called.
    struct Sighting: Sendable {
        var token: Secret
        var kind: TokenKind
        /// The grant that it is a control of; nil: a canary.
        var row: Int64?
        /// nil: there was no answer about it.
        var isActive: Bool?
    }

    /// A grant that was active last, asked beside a canary of our own client.
    struct Control: Sendable {
        var row: Int64
        var token: Secret
    }

    static let clockTolerance = VerdictJudge.clockTolerance

    let client: any ProviderClient
    var canaries: [CanaryToken]
    let clock: any WallClock
    let madeUp: @Sendable () -> Secret
    /// Since when canaries and controls are known to be active; young is what is not in it.
    var sightings: [Secret: Timestamp] = [:]
    /// The longest lifetime of an access token that answers told.
    var longestLifetime: Duration?

    /// One round; each canary is asked `times` times and has to be active every time.
    ///
    /// `controls` are tokens of grants that were active last, by kind; for own-client canaries.
    func read(times: Int, controls: [TokenKind: [Control]]) async -> Reading {
        var reading = Reading()
        let first = await client.introspect(madeUp(), kind: .accessToken)
        note(first, in: &reading)
        guard case .inactive = first.outcome else {
            if case .active = first.outcome {
                reading.believesAnything = true
                reading.detail = "a made-up token was called active"
            }
            for kind in TokenKind.allCases { reading.canaries[kind] = .failed }
            return reading
        }
        var sound = true
        for kind in TokenKind.allCases {
            let (state, isSound) = await state(of: kind, times, controls[kind] ?? [], &reading)
            reading.canaries[kind] = state
            sound = sound && isSound
        }
        reading.isSound = sound && reading.hold == nil
        return reading
    }

    private func state(
        of kind: TokenKind,
        _ times: Int,
        _ controls: [Control],
        _ reading: inout Reading
    ) async -> (VerdictJudge.Canary, isSound: Bool) {
        let mine = canaries.filter { $0.kind == kind }
        guard !mine.isEmpty else { return (.none, true) }
        var foreign = false
        var conditions: (ours: CanaryCondition, foreign: CanaryCondition) = (.young, .young)
        for canary in mine {
            guard let token = canary.token else {
                reading.detail = canary.failure
                return (.failed, false)
            }
            for _ in 0..<times {
                let answer = await client.introspect(token, kind: kind)
                note(answer, in: &reading)
                guard case .active = answer.outcome else {
                    let isKnown = answer.outcome == .inactive ? false : nil as Bool?
                    reading.sighted.append(Sighting(token: token, kind: kind, isActive: isKnown))
                    reading.detail =
                        reading.detail ?? answer.detail ?? "a canary of kind \(kind.rawValue) was not active"
                    return (.failed, false)
                }
            }
            reading.sighted.append(Sighting(token: token, kind: kind, isActive: true))
            if canary.isOwnClient {
                if condition(of: token) == .old { conditions.ours = .old }
            } else {
                foreign = true
                if condition(of: token) == .old { conditions.foreign = .old }
            }
        }
        if foreign {
            if kind == .refreshToken { reading.condition = conditions.foreign }
            return (.healthy, true)
        }
        let control = await self.control(among: controls, kind, &reading)
        if kind == .refreshToken { reading.condition = control.map { conditions.ours.with($0) } ?? conditions.ours }
        return (control == nil ? .ownClientOnly : .healthyWithControl, true)
    }

    /// The condition of the best of the controls that are active; nil: none is.
    private func control(
        among controls: [Control],
        _ kind: TokenKind,
        _ reading: inout Reading
    ) async -> CanaryCondition? {
        var found: CanaryCondition?
        for control in controls.prefix(BatchConversation.mostControls) where found != .old {
            let isActive: Bool?
            switch await client.introspect(control.token, kind: kind).outcome {
            case .active: isActive = true
            case .inactive: isActive = false
            case .unknown: isActive = nil
            }
            reading.sighted.append(Sighting(token: control.token, kind: kind, row: control.row, isActive: isActive))
            guard isActive == true else { continue }
            found = condition(of: control.token) == .old ? .old : found ?? .young
            // Only a refresh token has a condition to look further for.
            if kind == .accessToken { break }
        }
        return found
    }

    private func condition(of token: Secret) -> CanaryCondition {
        CanaryCondition(
            // What is seen active now is so from now on.
            firstActiveAt: sightings[token] ?? clock.now(),
            configured: client.settings.accessTokenLifetime,
            longestSeen: longestLifetime,
            now: clock.now()
        )
    }

    /// Why answers with such dates cannot be trusted; nil: their clock is ours.
    static func skew(of answers: [IntrospectionAnswer?], from now: Timestamp) -> Duration? {
        for date in answers.lazy.compactMap({ $0?.serverDate }) {
            let skew = date - now
            if skew > clockTolerance || skew < .zero - clockTolerance { return skew }
        }
        return nil
    }

    private func note(_ answer: IntrospectionAnswer, in reading: inout Reading) {
        if answer.serverDate != nil { reading.sawDate = true }
        if let skew = Self.skew(of: [answer], from: clock.now()) {
            reading.hold = reading.hold ?? "clock-skew"
            reading.detail = Self.words(ofSkew: skew)
        }
        guard case .unknown(let why) = answer.outcome else { return }
        reading.detail = answer.detail ?? why.rawValue
        switch why {
        case .credentials: reading.hold = "credentials"
        case .forbidden: reading.hold = reading.hold ?? "forbidden"
        case .timeout, .network, .discovery, .rateLimited, .serverError, .ownFailure:
            reading.unreachable = why
            reading.retryAfter = answer.retryAfter ?? reading.retryAfter
        default: break
        }
    }
}

extension ProviderProbe {
    static func words(ofSkew skew: Duration) -> String { "its clock is \(skew.components.seconds) s from ours" }

    /// Reads since when the canaries are known, and what else their condition rests on.
    mutating func recall(_ store: any GrantStore) async throws {
        let (provider, tokens) = (client.settings.id, canaries.filter { $0.kind == .refreshToken }.compactMap(\.token))
        guard !tokens.isEmpty else { return }
        (sightings, longestLifetime) = try await store.read { reading in
            var sightings: [Secret: Timestamp] = [:]
            for token in tokens { sightings[token] = try reading.firstActive(token, at: provider) }
            return (sightings, try reading.longestLifetime(at: provider))
        }
    }

    /// Reads since when controls are known to be active.
    mutating func recall(_ controls: [Control], _ store: any GrantStore) async throws {
        guard !controls.isEmpty else { return }
        let provider = client.settings.id
        let known = try await store.read { reading in
            var known: [Secret: Timestamp] = [:]
            for control in controls { known[control.token] = try reading.firstActive(control.token, at: provider) }
            return known
        }
        sightings.merge(known) { first, _ in first }
    }

    /// A canary that was obtained since the store was read.
    var knowsNothingOfOne: Bool {
        canaries.contains { canary in
            guard canary.kind == .refreshToken, let token = canary.token else { return false }
            return sightings[token] == nil
        }
    }

    /// Stores what was seen of refresh tokens that are known to be good.
    ///
    /// One that was called anything else begins again.
    static func note(
        _ sighted: [Sighting],
        at provider: ProviderID,
        now: Timestamp,
        in writing: any StoreWriting
    ) throws {
        for seen in sighted where seen.kind == .refreshToken {
            switch seen.isActive {
            case true?: try writing.noteActive(seen.token, kind: seen.kind, of: seen.row, at: provider, now: now)
            case false?: try writing.forgetActive(seen.token, at: provider)
            case nil: break
            }
        }
    }
}

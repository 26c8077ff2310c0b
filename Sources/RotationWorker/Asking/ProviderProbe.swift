internal import Grants

/// Asks a provider about tokens whose state is known, before its word about others is believed.
///
/// Around a batch: every canary, a made-up token that must be inactive, and, where only our own client's canary
/// exists, a control group of grants that were active last.
struct ProviderProbe {
    /// What one round of questions showed.
    struct Reading {
        var canaries: [TokenKind: VerdictJudge.Canary] = [:]
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

        /// What failed in the other round is not believed in this one either.
        mutating func distrust(where other: Reading) {
            for kind in TokenKind.allCases where other.canaries[kind] == .failed { canaries[kind] = .failed }
            believesAnything = believesAnything || other.believesAnything
        }
    }

    static let clockTolerance = Duration.minutes(5)

    let client: any ProviderClient
    var canaries: [CanaryToken]
    let clock: any WallClock
    let madeUp: @Sendable () -> Secret

    /// One round; each canary is asked `times` times and has to be active every time.
    ///
    /// `controls` are tokens of grants that were active last, by kind; for own-client canaries.
    func read(times: Int, controls: [TokenKind: [Secret]]) async -> Reading {
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
        _ controls: [Secret],
        _ reading: inout Reading
    ) async -> (VerdictJudge.Canary, isSound: Bool) {
        let mine = canaries.filter { $0.kind == kind }
        guard !mine.isEmpty else { return (.none, true) }
        var foreign = false
        for canary in mine {
            guard let token = canary.token else {
                reading.detail = canary.failure
                return (.failed, false)
            }
            for _ in 0..<times {
                let answer = await client.introspect(token, kind: kind)
                note(answer, in: &reading)
                guard case .active = answer.outcome else {
                    reading.detail =
                        reading.detail ?? answer.detail ?? "a canary of kind \(kind.rawValue) was not active"
                    return (.failed, false)
                }
            }
            if !canary.isOwnClient { foreign = true }
        }
        if foreign { return (.healthy, true) }
        for control in controls.prefix(5) {
            if case .active = await client.introspect(control, kind: kind).outcome {
                return (.healthyWithControl, true)
            }
        }
        return (.ownClientOnly, true)
    }

    private func note(_ answer: IntrospectionAnswer, in reading: inout Reading) {
        if let date = answer.serverDate {
            reading.sawDate = true
            let skew = date - clock.now()
            if skew > Self.clockTolerance || skew < .zero - Self.clockTolerance {
                reading.hold = reading.hold ?? "clock-skew"
                reading.detail = "its clock is \(skew.seconds) s from ours"
            }
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

extension Duration {
    fileprivate var seconds: Int64 { components.seconds }
}

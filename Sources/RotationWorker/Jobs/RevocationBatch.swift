internal import Grants

/// One batch of orders at a provider: what is known is asked about, every order is worked, what is known is asked about
/// again.
struct RevocationBatch: Sendable {
    let job: RevocationJob
    let settings: ProviderSettings
    let client: any ProviderClient
    let gates: OrderGateKeeper

    private var environment: RotationEnvironment { job.environment }

    func perform(_ orders: [RevocationJob.Work]) async throws -> RevocationJob.Tried {
        // A provider that can say nothing truthful of any kind is not asked.
        guard !settings.capabilities.introspects.isEmpty else {
            try await lookAtClock()
            var tried = try await work(orders)
            if let why = tried.failedWith { tried.end(with: why, retryAfter: nil, why.rawValue) }
            return tried
        }
        let canaries = await client.canaries()
        var probe = ProviderProbe(
            client: client,
            canaries: canaries,
            clock: environment.clock,
            madeUp: job.randomToken
        )
        try await probe.recall(environment.store)
        let controls = try await controls(canaries)
        try await probe.recall(controls[.refreshToken] ?? [], environment.store)
        let before = await probe.read(times: 1, controls: controls)
        if let why = before.hold, !Task.isCancelled { try await hold(why, before.detail) }
        if before.unreachable == nil, !before.sawDate { try await lookAtClock() }
        // A person's order need not wait for an introspection endpoint that cannot be found: what the server accepts is
        // acknowledged.
        let open =
            before.unreachable == nil
            ? orders
            : orders.filter { work in
                before.unreachable == .discovery && work.order.rule == .byHand
            }
        var tried = try await work(open)
        tried.before = before.canaries
        if let why = before.unreachable {
            // A try all the same: an end that a dead provider holds up for days must reach a person.
            for work in orders where !open.contains(where: { $0.order.row == work.order.row }) {
                let seen = RevocationExchange.Seen(unreached: work, why, retryAfter: before.retryAfter)
                tried.attempts.append(.init(work: work, seen: seen))
            }
            if open.isEmpty || tried.failedWith != nil {
                tried.end(with: why, retryAfter: before.retryAfter, before.detail ?? why.rawValue)
            }
            return tried
        }
        let after = await probe.read(times: 1, controls: controls)
        tried.after = after.canaries
        if let why = after.hold, !Task.isCancelled { try await hold(why, after.detail) }
        tried.condition = before.condition.with(after.condition)
        if let why = after.unreachable, tried.failedWith != nil {
            tried.end(with: why, retryAfter: after.retryAfter, after.detail ?? why.rawValue)
        }
        return tried
    }

    private func work(_ orders: [RevocationJob.Work]) async throws -> RevocationJob.Tried {
        var silence = Silence()
        // Those that were not begun stay due as they are.
        let results = await inParallel(orders, width: settings.limits.inFlight) { work in
            await one(work)
        } until: { result in
            switch result {
            case .seen(let seen): silence.isLasting(seen.failedWith)
            case .stopped: false
            case .unread: true
            }
        }
        var tried = RevocationJob.Tried([])
        for (work, result) in zip(orders, results) {
            switch result {
            case .seen(let seen)?: tried.attempts.append(.init(work: work, seen: seen))
            case .stopped(let gate)?: tried.stopped.append((work, gate))
            case .unread(let error)? where tried.attempts.isEmpty && !Task.isCancelled: throw error
            case .unread?, nil: break
            }
        }
        return tried
    }

    private enum Result: Sendable {
        case seen(RevocationExchange.Seen)
        case stopped(Gates.Gate)
        /// The gates could not be read: nothing is begun.
        case unread(any Error)
    }

    /// The gates are read right before an order's first call; what has begun is finished.
    private func one(_ work: RevocationJob.Work) async -> Result {
        do {
            if let gate = try await gates.closed(to: work) { return .stopped(gate) }
        } catch {
            return .unread(error)
        }
        return .seen(await RevocationExchange(work: work, settings: settings, client: client).perform())
    }

    /// Live grants of other clients, for an own-client canary that cannot see "you may not see others' tokens": those
    /// that were called active last, else any.
    private func controls(_ canaries: [CanaryToken]) async throws -> [TokenKind: [ProviderProbe.Control]] {
        let kinds = TokenKind.allCases.filter { kind in
            let mine = canaries.filter { $0.kind == kind }
            return !mine.isEmpty && mine.allSatisfy(\.isOwnClient)
        }
        guard !kinds.isEmpty else { return [:] }
        let (provider, ours) = (settings.id, settings.client.id)
        return try await environment.store.read { reading in
            var controls: [TokenKind: [ProviderProbe.Control]] = [:]
            for kind in kinds {
                let limit = BatchConversation.mostControls
                var grants = try reading.newestActive(at: provider, kind: kind, except: ours, limit: limit)
                if grants.isEmpty {
                    grants = try reading.page(.live, in: GrantSelection(provider: provider), after: nil, limit: 50)
                        .filter { $0.grant.client != ours && $0.grant.holds(kind) }
                }
                // One token that does not open must not stop all orders.
                controls[kind] = grants.prefix(limit).compactMap { grant in
                    guard let token = try? reading.token(kind, of: grant.row) else { return nil }
                    return ProviderProbe.Control(row: grant.row, token: token)
                }
            }
            return controls
        }
    }

    /// Before anything is revoked the server's clock is looked at; one that is not ours holds it.
    private func lookAtClock() async throws {
        _ = try await ServerLook(environment: environment, run: job.run, lock: job.lock).look(at: [settings.id])
    }

    /// A hold that any probe finds holds the queue; one of another reason stays.
    private func hold(_ why: String, _ detail: String?) async throws {
        let (provider, now) = (settings.id, environment.clock.now())
        let (run, actor) = (job.run, environment.actor)
        try await environment.store.write { writing in
            guard try writing.heldProviders()[provider] == nil else { return }
            try writing.setHold(ProviderHold(why: why, since: now), of: provider)
            var event = Event(Event.Kind.providerHeld, at: now)
            event.provider = provider
            event.reason = why
            event.run = run
            event.actor = actor
            if let detail { event.details = ["detail": .string(detail)] }
            try writing.append(event, about: nil)
        }
    }
}

extension Grant {
    fileprivate func holds(_ kind: TokenKind) -> Bool {
        kind == .accessToken ? holdsAccessToken : holdsRefreshToken
    }
}

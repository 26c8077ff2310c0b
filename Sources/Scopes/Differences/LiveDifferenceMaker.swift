internal import Grants

extension ScopeModel {
    /// What the change to `new` means for the grants that live.
    ///
    /// `differences` are those from this model to `new`.
    package func meaning(
        of differences: ScopeDifferences,
        to new: ScopeModel,
        for holdings: some Sequence<HeldScopes>
    ) -> LiveDifferences {
        var maker = LiveDifferenceMaker(self, new, differences)
        for holding in holdings { maker.add(holding) }
        return maker.result()
    }
}

/// Judges each holding by both models and attributes what is different.
private struct LiveDifferenceMaker {
    private struct Key: Hashable {
        let kind: LiveEffect.Kind
        let subject: ScopeDifference.Subject
    }

    private struct Effect {
        var count = GrantCount()
        var scopes: Set<ScopeName> = []
    }

    private let old: ScopeModel
    private let new: ScopeModel
    private let bySubject: [ScopeDifference.Subject: ScopeDifference]
    private var effects: [Key: Effect] = [:]
    /// By subject, in the new model's numbers: what was gained, and what of it is held.
    private let gained: [ScopeDifference.Subject: ScopeSet]
    private var held: [ScopeDifference.Subject: ScopeSet] = [:]
    private let changed: [Key: Set<ScopeName>]
    private var mustConsentAgain = GrantCount()
    private var comesWithin = GrantCount()
    private var noLongerJudged = GrantCount()
    private var examined = 0

    init(_ old: ScopeModel, _ new: ScopeModel, _ differences: ScopeDifferences) {
        self.old = old
        self.new = new
        var bySubject: [ScopeDifference.Subject: ScopeDifference] = [:]
        for difference in differences.all { bySubject[difference.subject] = difference }
        self.bySubject = bySubject
        var gained: [ScopeDifference.Subject: ScopeSet] = [:]
        var changed: [Key: Set<ScopeName>] = [:]
        for difference in differences.all {
            switch difference.subject {
            case .role, .client: break
            default: continue
            }
            let subject = difference.subject
            if !difference.gained.isEmpty {
                gained[subject] = ScopeSet(difference.gained.compactMap { new.scopes[$0] })
                changed[Key(kind: .comesWithin, subject: subject)] = Set(difference.gained)
            }
            changed[Key(kind: .mustConsentAgain, subject: subject)] = Set(difference.lost)
        }
        self.gained = gained
        self.changed = changed
    }

    mutating func add(_ holding: HeldScopes) {
        examined += holding.live
        let before = judge(holding, old)
        let after = judge(holding, new)
        let party =
            (new.tenants[holding.tenant].map { new.tenantDefinitions[$0] }
            ?? old.tenants[holding.tenant].map { old.tenantDefinitions[$0] })?.party
        switch (before, after) {
        case (.outside(let was), .outside(let words)):
            let more = words.filter { !was.contains($0) }
            if !more.isEmpty { lose(more, holding, party) }
        case (_, .outside(let words)): lose(words, holding, party)
        case (.outside(let words), .allowed): gain(words, holding, party)
        case (.allowed, .noPolicy), (.outside, .noPolicy): noLongerJudged.add(holding, party: party)
        default: break
        }
        noteHeld(holding)
    }

    private func judge(_ holding: HeldScopes, _ model: ScopeModel) -> ScopeVerdict {
        model.judge(
            holding.scopes,
            provider: holding.provider,
            tenant: holding.tenant,
            client: holding.client,
            role: holding.role,
            environment: holding.environment
        )
    }

    private mutating func lose(_ words: [String], _ holding: HeldScopes, _ party: Party?) {
        mustConsentAgain.add(holding, party: party)
        attribute(words, holding, party, .mustConsentAgain, in: old)
    }

    private mutating func gain(_ words: [String], _ holding: HeldScopes, _ party: Party?) {
        comesWithin.add(holding, party: party)
        attribute(words, holding, party, .comesWithin, in: new)
    }

    /// To the roles that lost or gained a scope, else to the client.
    private mutating func attribute(
        _ words: [String],
        _ holding: HeldScopes,
        _ party: Party?,
        _ kind: LiveEffect.Kind,
        in model: ScopeModel
    ) {
        let names = Set(words.flatMap { model.scopeNames(called: $0, at: holding.provider) })
        var isAttributed = false
        for subject in roles(of: holding) {
            guard let changed = changed[Key(kind: kind, subject: subject)] else { continue }
            let reached = names.filter { changed.contains($0) }
            guard !reached.isEmpty else { continue }
            isAttributed = true
            effects[Key(kind: kind, subject: subject), default: Effect()].count.add(holding, party: party)
            effects[Key(kind: kind, subject: subject)]?.scopes.formUnion(reached)
        }
        guard !isAttributed else { return }
        let client = ClientKey(provider: holding.provider, client: holding.client)
        let key = Key(kind: kind, subject: .client(holding.tenant, client))
        effects[key, default: Effect()].count.add(holding, party: party)
        effects[key]?.scopes.formUnion(names)
    }

    /// Those that the client has in either model, the one of the record if it names one.
    private func roles(of holding: HeldScopes) -> [ScopeDifference.Subject] {
        let client = ClientKey(provider: holding.provider, client: holding.client)
        guard !changed.isEmpty else { return [] }
        var names: Set<RoleID> = []
        for model in [old, new] {
            guard let number = model.integrationNumber(holding.tenant, client) else { continue }
            for role in model.integrations[number].roles { names.insert(model.roles.names[role]) }
        }
        return names.filter { holding.role == nil || holding.role == $0 }.sorted().map { .role($0) }
    }

    /// What is held of what was gained, so that what nobody holds can be told.
    private mutating func noteHeld(_ holding: HeldScopes) {
        let client = ClientKey(provider: holding.provider, client: holding.client)
        let subjects = roles(of: holding) + [.client(holding.tenant, client)]
        guard subjects.contains(where: { gained[$0] != nil }) else { return }
        let numbers = holding.scopes.flatMap { new.scopes(called: $0, at: holding.provider) }
        let closure = new.graph.closure(of: numbers)
        for subject in subjects {
            guard let gained = gained[subject] else { continue }
            held[subject, default: ScopeSet()].formUnion(closure.intersection(gained))
        }
    }

    func result() -> LiveDifferences {
        var found = effects.map { key, effect in
            make(key.kind, key.subject, effect.scopes, effect.count)
        }
        for (subject, difference) in bySubject where !difference.followsFromOthers && difference.kind != .removed {
            switch subject {
            case .role, .client: break
            default: continue
            }
            let held = held[subject] ?? ScopeSet()
            let least = Set(
                new.minimalCover(of: difference.gained).filter { name in
                    !(new.scopes[name].map { held.contains($0) } ?? false)
                }
            )
            guard !least.isEmpty else { continue }
            found.append(make(.unneeded, subject, least, GrantCount()))
        }
        return LiveDifferences(
            effects: found.sorted { Self.order($0) < Self.order($1) },
            mustConsentAgain: mustConsentAgain,
            comesWithin: comesWithin,
            noLongerJudged: noLongerJudged,
            examined: examined
        )
    }

    private static func order(_ effect: LiveEffect) -> (Int, String, String) {
        switch effect.subject {
        case .role(let role): (0, role.rawValue, effect.kind.rawValue)
        case .client(let tenant, let key): (1, "\(tenant) \(key.provider) \(key.client)", effect.kind.rawValue)
        default: (2, "", effect.kind.rawValue)
        }
    }

    private func make(
        _ kind: LiveEffect.Kind,
        _ subject: ScopeDifference.Subject,
        _ scopes: Set<ScopeName>,
        _ count: GrantCount
    ) -> LiveEffect {
        let model = kind == .mustConsentAgain ? old : new
        let least = model.minimalCover(of: scopes)
        let whom =
            switch subject {
            case .role(let role): "role `\(role)`"
            case .client(let tenant, let key): "client `\(key.client)` of tenant `\(tenant)`"
            default: "others"
            }
        let names = code(least)
        let comma = count.suppliers.isEmpty ? "" : ","
        let sentence =
            switch kind {
            case .mustConsentAgain: "removing \(names) from \(whom): \(count)\(comma) must consent again"
            case .comesWithin: "adding \(names) to \(whom): \(count)\(comma) come within policy"
            case .unneeded: "adding \(names) to \(whom): no live grant holds it, so nothing needs it yet"
            }
        return LiveEffect(kind: kind, subject: subject, scopes: least, count: count, sentence: sentence)
    }
}

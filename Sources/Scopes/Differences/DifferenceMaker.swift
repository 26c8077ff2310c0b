internal import Grants

/// Compares two models entry by entry: what the documents say of it, and what it covers.
struct DifferenceMaker {
    private let old: ScopeModel
    private let new: ScopeModel
    private let before: ScopeSemantics
    private let after: ScopeSemantics
    /// Numbers that stand for the same name in both.
    private let common: Numbering<ScopeName>
    private let fromOld: [Int]
    private let fromNew: [Int]

    init(_ old: ScopeModel, _ new: ScopeModel) {
        self.old = old
        self.new = new
        before = ScopeSemantics(old)
        after = ScopeSemantics(new)
        let common = Numbering(old.scopes.names + new.scopes.names)
        fromOld = old.scopes.names.map { common[$0] ?? 0 }
        fromNew = new.scopes.names.map { common[$0] ?? 0 }
        self.common = common
    }

    func all() -> [ScopeDifference] {
        let keys = Set(before.entries.keys).union(after.entries.keys)
        return keys.sorted { lhs, rhs in
            let (left, right) = (Self.rank(lhs.kind), Self.rank(rhs.kind))
            return left == right ? lhs < rhs : left < right
        }.compactMap { difference(of: $0) }
    }

    private static func rank(_ kind: ScopeSemantics.Kind) -> Int {
        switch kind {
        case .scope: 0
        case .step: 1
        case .separation: 2
        case .role: 3
        case .tenant: 4
        case .client: 5
        }
    }

    private func difference(of key: ScopeSemantics.Key) -> ScopeDifference? {
        let (oldEntry, newEntry) = (before.entries[key], after.entries[key])
        let oldSet = oldEntry == nil ? ScopeSet() : translated(coverage(of: key, in: old), fromOld)
        let newSet = newEntry == nil ? ScopeSet() : translated(coverage(of: key, in: new), fromNew)
        let gained = newSet.subtracting(oldSet)
        let lost = oldSet.subtracting(newSet)
        let changes = memberChanges(oldEntry ?? [:], newEntry ?? [:], hasNewCoverage: oldSet != newSet)
        let kind: ScopeDifference.Kind
        switch (oldEntry, newEntry) {
        case (nil, _): kind = .added
        case (_, nil): kind = .removed
        default:
            guard !gained.isEmpty || !lost.isEmpty || !changes.isEmpty else { return nil }
            kind =
                gained.isEmpty && lost.isEmpty
                ? bounds(oldEntry ?? [:], newEntry ?? [:])
                : lost.isEmpty ? .widened : gained.isEmpty ? .narrowed : .changed
        }
        let words = DifferenceWords(
            kind: kind,
            gained: cover(gained, in: new),
            lost: cover(lost, in: old),
            kept: cover(kept(oldSet, newSet, lost), in: new),
            changes: changes
        )
        return ScopeDifference(
            kind: kind,
            subject: subject(of: key),
            gained: common.names(of: gained),
            lost: common.names(of: lost),
            sentence: words.sentence(on: subject(of: key)),
            followsFromOthers: follows(key)
        )
    }

    /// Whether the documents still say the same of it: it differs because others do.
    private func follows(_ key: ScopeSemantics.Key) -> Bool {
        guard let oldEntry = before.entries[key], let newEntry = after.entries[key] else { return false }
        let derived: Set<ScopeSemantics.Member> = [.covers, .equals, .needs, .narrowed]
        guard oldEntry.filter({ !derived.contains($0.key) }) == newEntry.filter({ !derived.contains($0.key) }) else {
            return false
        }
        switch subject(of: key) {
        case .scope(let name): return direct(name, in: old) == direct(name, in: new)
        case .step(let name): return named(name, in: old) == named(name, in: new)
        case .client(let tenant, let client):
            return narrowings(tenant, client, in: old) == narrowings(tenant, client, in: new)
        case .separation, .role, .tenant: return true
        }
    }

    private func direct(_ name: ScopeName, in model: ScopeModel) -> Set<ScopeName> {
        guard let number = model.scopes[name] else { return [] }
        let names = model.definitions[number]?.implies ?? model.blankets[number]?.standsFor ?? []
        return Set(names.map(\.value))
    }

    private func named(_ step: StepID, in model: ScopeModel) -> Set<ScopeName> {
        Set(model.steps[step].map { model.stepDefinitions[$0].scopes.map(\.value) } ?? [])
    }

    private struct Narrowing: Hashable {
        let role: RoleID?
        let isOnly: Bool
        let names: Set<ScopeName>
    }

    private func narrowings(_ tenant: TenantID, _ client: ClientKey, in model: ScopeModel) -> Set<Narrowing> {
        let numbers = model.integration(tenant, client)?.allowLists.flatMap { model.allowLists[$0].narrowings } ?? []
        return Set(
            numbers.map { number in
                let narrowing = model.documents.narrowings[number]
                var isOnly = false
                if case .only = narrowing.change { isOnly = true }
                return Narrowing(
                    role: narrowing.role?.value,
                    isOnly: isOnly,
                    names: Set(narrowing.names.map(\.value))
                )
            }
        )
    }

    private func subject(of key: ScopeSemantics.Key) -> ScopeDifference.Subject {
        let name = key.name[0]
        switch key.kind {
        case .scope: return .scope(ScopeName(name))
        case .step: return .step(StepID(name))
        case .separation: return .separation(key.name.map { StepID($0) })
        case .role: return .role(RoleID(name))
        case .tenant: return .tenant(TenantID(name))
        case .client:
            let client = ClientKey(provider: ProviderID(key.name[1]), client: ClientID(key.name[2]))
            return .client(TenantID(name), client)
        }
    }

    private func coverage(of key: ScopeSemantics.Key, in model: ScopeModel) -> ScopeSet {
        switch subject(of: key) {
        case .scope(let name): model.scopes[name].map { model.graph.closure(of: $0) } ?? ScopeSet()
        case .step(let name): model.steps[name].map { model.graph.closure(of: model.stepNeeds[$0]) } ?? ScopeSet()
        case .separation: ScopeSet()
        case .role(let name): model.roles[name].map { model.graph.closure(of: model.roleNeeds[$0]) } ?? ScopeSet()
        case .tenant(let name):
            model.tenants[name].map { tenant in
                model.integrations[model.integrationsOfTenant[tenant]].reduce(into: ScopeSet()) {
                    $0.formUnion(model.allowed($1))
                }
            } ?? ScopeSet()
        case .client(let tenant, let client):
            model.integration(tenant, client).map { model.allowed($0) } ?? ScopeSet()
        }
    }

    private func translated(_ set: ScopeSet, _ numbers: [Int]) -> ScopeSet {
        numbers.count == common.count ? set : ScopeSet(set.map { numbers[$0] })
    }

    /// The smallest set of names that covers what is given, in a model that has them.
    private func cover(_ set: ScopeSet, in model: ScopeModel) -> [ScopeName] {
        model.minimalCover(of: common.names(of: set))
    }

    /// What is left of what covered the lost.
    private func kept(_ oldSet: ScopeSet, _ newSet: ScopeSet, _ lost: ScopeSet) -> ScopeSet {
        guard !lost.isEmpty else { return ScopeSet() }
        let below = old.graph.closure(of: common.names(of: lost).compactMap { old.scopes[$0] })
        return translated(below, fromOld).intersection(newSet).intersection(oldSet)
    }

    /// Where nothing is gained or lost, bounds may still be wider or closer.
    private func bounds(
        _ old: [ScopeSemantics.Member: [String]],
        _ new: [ScopeSemantics.Member: [String]]
    ) -> ScopeDifference.Kind {
        let bounding: Set<ScopeSemantics.Member> = [.parties, .environments]
        guard old.filter({ !bounding.contains($0.key) }) == new.filter({ !bounding.contains($0.key) }) else {
            return .changed
        }
        var isWider = false
        var isCloser = false
        for member in bounding where old[member] != new[member] {
            let (before, after) = (old[member].map { Set($0) }, new[member].map { Set($0) })
            // No bound is the widest.
            if after == nil || (before.map { !(after?.isSubset(of: $0) ?? false) } ?? false) { isWider = true }
            if before == nil || (after.map { !(before?.isSubset(of: $0) ?? false) } ?? false) { isCloser = true }
        }
        return isWider == isCloser ? .changed : isWider ? .widened : .narrowed
    }

    /// What has changed besides coverage.
    private func memberChanges(
        _ old: [ScopeSemantics.Member: [String]],
        _ new: [ScopeSemantics.Member: [String]],
        hasNewCoverage: Bool
    ) -> [DifferenceWords.Change] {
        Set(old.keys).union(new.keys).sorted().compactMap { member in
            // Coverage says it, or that of the scopes below.
            guard old[member] != new[member], member != .covers, member != .needs else { return nil }
            if member == .narrowed, hasNewCoverage { return nil }
            return DifferenceWords.Change(member: member, old: old[member] ?? [], new: new[member] ?? [])
        }
    }
}

internal import Grants

/// Makes the allow-lists, each once for all clients that share it.
struct AllowListMaker {
    let documents: ScopeDocuments
    let scopes: Numbering<ScopeName>
    let definitions: [ScopeDefinition?]
    let blankets: [Blanket?]
    let graph: ScopeGraph
    let roles: Numbering<RoleID>
    let roleDefinitions: [Role]
    let roleNeeds: [[Int]]
    let isRoleUncertain: [Bool]

    private(set) var lists: [AllowList] = []
    private var numbers: [Key: Int] = [:]
    private var common: [CommonKey: Int] = [:]
    private var permitted: [Setting: ScopeSet?] = [:]
    private var named: [Int: ScopeSet] = [:]
    private let index: NarrowingIndex

    /// Of all that no narrowing is made for.
    private struct CommonKey: Hashable {
        let role: Int
        let setting: Setting
    }

    private struct Key: Hashable {
        let role: Int
        let setting: Setting
        let narrowings: [Int]
    }

    /// Of the model only what is settled before there are allow-lists.
    init(_ model: ScopeModel) {
        documents = model.documents
        scopes = model.scopes
        definitions = model.definitions
        blankets = model.blankets
        graph = model.graph
        roles = model.roles
        roleDefinitions = model.roleDefinitions
        roleNeeds = model.roleNeeds
        isRoleUncertain = model.isRoleUncertain
        index = NarrowingIndex(documents.narrowings)
    }

    /// The numbers of the client's allow-lists, in the order of its roles.
    mutating func numbers(for integration: Integration) -> [Int] {
        let setting = Setting(party: integration.party, environment: integration.environment)
        return integration.roles.map { role in
            number(role: role, setting: setting, tenant: integration.tenantID, client: integration.client)
        }
    }

    /// The allow-list of a role in a setting, for the tenant if there is one.
    mutating func list(role: Int, setting: Setting, tenant: TenantID?) -> AllowList {
        lists[number(role: role, setting: setting, tenant: tenant, client: nil)]
    }

    private mutating func number(role: Int, setting: Setting, tenant: TenantID?, client: ClientID?) -> Int {
        let isSpecial = index.isSpecial(tenant: tenant, client: client)
        let commonKey = CommonKey(role: role, setting: setting)
        if !isSpecial, let number = common[commonKey] { return number }
        let narrowings = index.applying(
            tenant: tenant,
            client: client,
            role: roles.names[role],
            environment: setting.environment
        )
        let number = number(role: role, setting: setting, narrowings: narrowings)
        if !isSpecial { common[commonKey] = number }
        return number
    }

    private mutating func number(role: Int, setting: Setting, narrowings: [Int]) -> Int {
        let key = Key(role: role, setting: setting, narrowings: narrowings)
        if let number = numbers[key] { return number }
        numbers[key] = lists.count
        lists.append(make(key))
        return lists.count - 1
    }

    private mutating func make(_ key: Key) -> AllowList {
        var base = ScopeSet()
        let parties = roleDefinitions[key.role].parties
        if key.setting.party.map({ parties?.contains($0) ?? true }) ?? true {
            base = graph.closure(of: roleNeeds[key.role])
        }
        if let mask = mask(for: key.setting) { base.formIntersection(mask) }
        var removed = ScopeSet()
        var isUncertain = isRoleUncertain[key.role]
        for number in key.narrowings {
            let names = documents.narrowings[number].names
            if names.contains(where: { scopes[$0.value] == nil }) { isUncertain = true }
            let named = named(by: number)
            switch documents.narrowings[number].change {
            case .only: removed.formUnion(base.subtracting(named))
            case .without: removed.formUnion(named)
            }
        }
        let allowed = removed.isEmpty ? base : clear(base, of: removed)
        return AllowList(
            role: key.role,
            setting: key.setting,
            narrowings: key.narrowings,
            permitted: base,
            allowed: allowed,
            isUncertain: isUncertain
        )
    }

    /// What may be held in the setting at all; nil: everything.
    private mutating func mask(for setting: Setting) -> ScopeSet? {
        if let known = permitted[setting] { return known }
        var ruledOut = ScopeSet()
        for (number, definition) in definitions.enumerated() {
            guard let definition, !definition.isPermitted(in: setting) else { continue }
            ruledOut.insert(number)
        }
        let mask = ruledOut.isEmpty ? nil : clear(ScopeSet(0..<scopes.count), of: ruledOut)
        permitted[setting] = .some(mask)
        return mask
    }

    /// What an `only` leaves, and what a `without` takes.
    private mutating func named(by number: Int) -> ScopeSet {
        if let known = named[number] { return known }
        let set: ScopeSet
        switch documents.narrowings[number].change {
        case .only(let names): set = graph.closure(of: names.compactMap { scopes[$0.value] })
        case .without(let names):
            set = unfolded(names.compactMap { scopes[$0.value] }, blankets, in: scopes)
        }
        named[number] = set
        return set
    }

    /// What of the set covers none of the others.
    private func clear(_ set: ScopeSet, of others: ScopeSet) -> ScopeSet {
        ScopeSet(set.filter { graph.isClear($0, of: others) })
    }
}

/// What a narrowing names: a blanket that is taken away takes along what it stands for.
func unfolded(_ numbers: [Int], _ blankets: [Blanket?], in scopes: Numbering<ScopeName>) -> ScopeSet {
    var set = ScopeSet()
    var open = numbers
    while let number = open.popLast() {
        guard !set.contains(number) else { continue }
        set.insert(number)
        open += (blankets[number]?.standsFor ?? []).compactMap { scopes[$0.value] }
    }
    return set
}

extension ScopeDefinition {
    func isPermitted(in setting: Setting) -> Bool { isPermitted(to: setting.party) && isPermitted(where: setting) }

    func isPermitted(to party: Party?) -> Bool {
        guard let parties, let party else { return true }
        return parties.contains(party)
    }

    func isPermitted(where setting: Setting) -> Bool {
        guard let environments, !setting.isAnywhere else { return true }
        return setting.environment.map { environments.contains($0) } ?? false
    }
}

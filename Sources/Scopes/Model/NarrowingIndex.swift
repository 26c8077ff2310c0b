internal import Grants

/// Finds the narrowings that apply to a client without asking each of them.
struct NarrowingIndex: Sendable {
    private let narrowings: [AllowListNarrowing]
    private var general: [Int] = []
    private var byRole: [RoleID: [Int]] = [:]
    private var byTenant: [TenantID: [Int]] = [:]
    private var byClient: [ClientID: [Int]] = [:]

    init(_ narrowings: [AllowListNarrowing]) {
        self.narrowings = narrowings
        for (number, narrowing) in narrowings.enumerated() {
            if let client = narrowing.client?.value {
                byClient[client, default: []].append(number)
            } else if let tenant = narrowing.tenant?.value {
                byTenant[tenant, default: []].append(number)
            } else if let role = narrowing.role?.value {
                byRole[role, default: []].append(number)
            } else {
                general.append(number)
            }
        }
    }

    /// Whether any narrowing is for this tenant or client and not for all.
    func isSpecial(tenant: TenantID?, client: ClientID?) -> Bool {
        (tenant.map { byTenant[$0] != nil } ?? false) || (client.map { byClient[$0] != nil } ?? false)
    }

    /// The numbers of those that apply, ascending; nil matches only what names none.
    func applying(tenant: TenantID?, client: ClientID?, role: RoleID, environment: EnvironmentID?) -> [Int] {
        guard !narrowings.isEmpty else { return [] }
        var numbers = general + (byRole[role] ?? [])
        if let tenant { numbers += byTenant[tenant] ?? [] }
        if let client { numbers += byClient[client] ?? [] }
        return numbers.filter { number in
            let narrowing = narrowings[number]
            return (narrowing.tenant.map { $0.value == tenant } ?? true)
                && (narrowing.role.map { $0.value == role } ?? true)
                && (narrowing.environment.map { $0.value == environment } ?? true)
        }.sorted()
    }
}

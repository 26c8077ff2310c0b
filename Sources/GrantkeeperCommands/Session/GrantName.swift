internal import Grants
internal import Records
internal import RotationWorker

/// `GRANT` on a command line: `id`, or `provider/id`.
enum GrantName {
    /// The key that the name means; ambiguous or unknown is an error.
    static func resolve(_ name: String, _ session: Session) async throws -> Grant.Key {
        let providers = session.rotation.settings.providers.map(\.id)
        let found = try await session.store.read { reading -> [Grant.Key] in
            if let slash = name.firstIndex(of: "/") {
                let provider = ProviderID(String(name[..<slash]))
                let known = try providers + reading.providers(in: GrantSelection())
                if known.contains(provider) {
                    let key = Grant.Key(provider: provider, id: String(name[name.index(after: slash)...]))
                    if try reading.grant(key) != nil { return [key] }
                }
            }
            return try reading.keys(named: name)
        }
        guard let key = found.first else {
            throw CommandError(
                .badData,
                "unknown-grant",
                "there is no grant '\(Console.printable(name))'",
                hint: "'grantkeeper grants list' shows them; a name is ID or PROVIDER/ID"
            )
        }
        guard found.count == 1 else {
            throw CommandError(
                .usage,
                "ambiguous-grant",
                "'\(Console.printable(name))' names \(found.count) grants: \(found.map(\.description).joined(separator: ", "))",
                hint: "write PROVIDER/ID"
            )
        }
        try await session.lookAlikes.warn(of: key, session)
        return key
    }

    static func resolve(_ names: [String], _ session: Session) async throws -> [Grant.Key] {
        var keys: [Grant.Key] = []
        for name in names { keys.append(try await resolve(name, session)) }
        return keys
    }
}

extension SelectionOptions {
    /// The selection; a name that neither the configuration nor the store knows is an error, so that a typing mistake
    /// is not a silent nothing.
    func selection(_ session: Session) async throws -> GrantSelection {
        let settings = session.rotation.settings
        try check(provider, "provider", known: settings.providers.map(\.id.rawValue), isStored: false)
        let wanted = try plain
        try await session.lookAlikes.warn(of: wanted, session)
        if let tenant = wanted.tenant {
            let isStored = try await session.store.read { try $0.knows(tenant) }
            try check(tenant.rawValue, "tenant", known: settings.tenants.map(\.id.rawValue), isStored: isStored)
        }
        if let client = wanted.client {
            let isStored = try await session.store.read { try $0.knows(client) }
            let known = settings.clients.map(\.id.rawValue) + settings.providers.map(\.client.id.rawValue)
            try check(client.rawValue, "client", known: known, isStored: isStored)
        }
        return wanted
    }

    private func check(_ name: String?, _ what: String, known: [String], isStored: Bool) throws {
        guard let name, !isStored, !known.contains(where: { $0.hasSameBytes(as: name) }) else { return }
        let near = nearestWord(to: name, in: known).map { "did you mean '\(Console.printable($0))'?" }
        throw CommandError(
            .usage,
            "unknown-\(what)",
            "there is no \(what) '\(Console.printable(name))' in the configuration or in the store",
            hint: near
                ?? (known.isEmpty ? "the configuration names none" : "known: \(known.sorted().joined(separator: ", "))")
        )
    }

    /// The selection as it was typed.
    var plain: GrantSelection {
        get throws {
            GrantSelection(
                tenant: tenant.map { TenantID($0) },
                provider: provider.map { ProviderID($0) },
                client: client.map { ClientID($0) }
            )
        }
    }

    var isEmpty: Bool { tenant == nil && provider == nil && client == nil }
}

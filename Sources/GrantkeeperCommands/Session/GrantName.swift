internal import Grants
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
        return key
    }

    static func resolve(_ names: [String], _ session: Session) async throws -> [Grant.Key] {
        var keys: [Grant.Key] = []
        for name in names { keys.append(try await resolve(name, session)) }
        return keys
    }
}

extension SelectionOptions {
    /// The selection; a provider that the configuration does not know is an error, so that a typing mistake is not
    /// an empty result.
    func selection(_ session: Session) throws -> GrantSelection {
        if let provider, !session.rotation.settings.providers.contains(where: { $0.id.rawValue == provider }) {
            throw CommandError(
                .usage,
                "unknown-provider",
                "the configuration knows no provider '\(Console.printable(provider))'",
                hint: "known: \(session.rotation.settings.providers.map(\.id.rawValue).joined(separator: ", "))"
            )
        }
        return GrantSelection(
            tenant: tenant.map { TenantID($0) },
            provider: provider.map { ProviderID($0) },
            client: client.map { ClientID($0) }
        )
    }

    var isEmpty: Bool { tenant == nil && provider == nil && client == nil }
}

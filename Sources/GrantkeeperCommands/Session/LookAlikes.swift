internal import Grants
internal import Records
internal import Synchronization

/// Whether a selection of this session leaves out grants whose names only look like those selected.
final class LookAlikes: Sendable {
    private let found = Mutex(false)

    var wereFound: Bool { found.withLock { $0 } }

    /// Names what looks like the names of a selection and is not covered by it, by bytes and with its number.
    func warn(of selection: GrantSelection, _ session: Session) async throws {
        let names: [(UnfitName.Kind, String?)] = [
            (.tenant, selection.tenant?.rawValue), (.provider, selection.provider?.rawValue),
            (.client, selection.client?.rawValue),
        ]
        for case (let kind, let name?) in names {
            let twins = try await session.store.read { reading in
                try reading.lookAlikes(of: name, kind: kind).map { twin in
                    (twin, try reading.count(.unended, in: Self.selection(kind, twin)))
                }
            }
            for (twin, count) in twins {
                note(kind, twin, "\(Console.count(count, "grant")) of it \(count == 1 ? "is" : "are")", session)
            }
        }
    }

    /// The same for a grant that was named by itself.
    func warn(of key: Grant.Key, _ session: Session) async throws {
        let twins = try await session.store.read { reading in
            try reading.lookAlikes(of: key.id, kind: .grant)
                .filter { try reading.grant(.init(provider: key.provider, id: $0)) != nil }
        }
        for twin in twins { note(.grant, twin, "it is", session) }
    }

    private func note(_ kind: UnfitName.Kind, _ twin: String, _ what: String, _ session: Session) {
        found.withLock { $0 = true }
        session.console.warning(
            "another \(kind.rawValue) only looks the same, '\(twin.spelled)': \(what) not covered",
            hint: "give that name, too, as it is spelled; 'grantkeeper doctor' lists such names"
        )
    }

    private static func selection(_ kind: UnfitName.Kind, _ name: String) -> GrantSelection {
        switch kind {
        case .tenant: GrantSelection(tenant: TenantID(name))
        case .provider: GrantSelection(provider: ProviderID(name))
        case .client, .subject, .grant: GrantSelection(client: ClientID(name))
        }
    }
}

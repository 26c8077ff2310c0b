internal import Grants

/// What the providers' metadata said of a revocation endpoint when it was read last.
///
/// Kept in the store, so that a plan made without a word to anybody knows what can never be carried out.
enum RevocationEndpoints {
    private static let none = "none"

    private static func setting(of provider: ProviderID) -> String { "revocation_endpoint:\(provider)" }

    /// Those that have none: not in the configuration, and not in the metadata either.
    static func lacking(_ providers: [ProviderSettings], _ reading: any StoreReading) throws -> Set<ProviderID> {
        var lacking: Set<ProviderID> = []
        for provider in providers where provider.revocation == .provider && provider.revocationEndpoint == nil {
            if try reading.setting(setting(of: provider.id)) == none { lacking.insert(provider.id) }
        }
        return lacking
    }

    /// Whether nobody has looked yet.
    static func isUnknown(_ provider: ProviderSettings, _ reading: any StoreReading) throws -> Bool {
        try provider.revocation == .provider && provider.revocationEndpoint == nil
            && reading.setting(setting(of: provider.id)) == nil
    }

    static func note(isNamed: Bool, of provider: ProviderID, in writing: any StoreWriting) throws {
        let word = isNamed ? "named" : none
        guard try writing.setting(setting(of: provider)) != word else { return }
        // Nothing becomes due by it: what it stands in the way of is judged again every day.
        try writing.setSetting(setting(of: provider), word)
    }
}

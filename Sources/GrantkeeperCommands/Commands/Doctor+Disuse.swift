internal import ConfigurationFiles
internal import Grants

extension Doctor {
    /// What stands in the way of ending what is unused, once ends are wanted.
    ///
    /// Where plans are only reported each line is told, and none is a finding.
    static func disuse(in store: any GrantStore, _ settings: RotationSettings, now: Timestamp) async throws -> [Finding]
    {
        let feeds = try await store.read { try $0.feeds() }
        let observed = feeds.compactMapValues { $0.window?.until }
        let isWanted = settings.policy.mode == .enforce
        return DisuseReadiness(settings, observed: observed, now: now).lines.map { line in
            Finding(name: "unused grants, \(line.name)", ok: line.ok || !isWanted, detail: line.detail)
        }
    }
}

internal import Grants
internal import Records
internal import RotationWorker
internal import Synchronization

/// The file of `contain --plan-out`: a line for each grant, as the store is walked through.
final class ContainmentFile: Sendable {
    private let file: Mutex<OutputFile>

    init(_ path: String) throws { file = Mutex(try OutputFile.Target(path).open()) }

    func receive(_ stored: StoredGrant, _ role: ContainmentPlan.Role) throws {
        let grant = stored.grant
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("provider", grant.key.provider.rawValue)
        writer.member("grant", grant.key.id)
        writer.member("tenant", grant.tenant.rawValue)
        writer.member("client", grant.client.rawValue)
        writer.member("subject", grant.subject)
        writer.member("standing", grant.standing.rawValue)
        writer.member("role", role.rawValue)
        writer.endObject()
        let line = writer.bytes + [0x0A]
        try file.withLock { try $0.write(line) }
    }

    func finish() throws { try file.withLock { try $0.finish() } }
}

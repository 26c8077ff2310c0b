internal import Crypto
internal import Glibc
internal import Grants
internal import Records
internal import RotationWorker
internal import Synchronization

/// The file of `--plan-out`: a header, then a line per decision but keep, and per keep that a person should know of.
///
/// The header's numbers are known last, so the lines go to a file beside it first; the whole replaces the target at
/// once. The header has a hash over their bytes: a line that was edited since is found by whoever applies the file.
final class PlanFile: PlanRowReceiver {
    /// What `--apply` needs of the first line.
    struct Header {
        var planHash: String
        var selection: GrantSelection
        var isFull: Bool
    }

    private let target: OutputFile.Target
    private let rows: Int32
    private let buffer = Mutex<[UInt8]>([])

    init(_ named: String) throws {
        target = try OutputFile.Target(named)
        rows = try TemporaryFile.open()
    }

    deinit { close(rows) }

    func receive(_ row: PlanRow) throws {
        try buffer.withLock { buffer in
            buffer += row.json()
            buffer.append(0x0A)
            guard buffer.count > 262_144 else { return }
            try target.write(buffer, to: rows)
            buffer.removeAll(keepingCapacity: true)
        }
    }

    func restart() throws {
        try buffer.withLock { buffer in
            buffer.removeAll(keepingCapacity: true)
            guard ftruncate(rows, 0) == 0, lseek(rows, 0, SEEK_SET) == 0 else { throw target.failure() }
        }
    }

    /// Writes the whole file, now that its header is known.
    func finish(_ plan: ExpiryPlan, isFull: Bool) throws {
        try buffer.withLock { try target.write($0, to: rows) }
        var hasher = SHA256()
        try forEachChunk { hasher.update(data: $0) }
        var file = try target.open()
        try file.write(Self.header(plan, isFull, rowsHash: Hex.string(Array(hasher.finalize()))))
        try forEachChunk { try file.write($0) }
        try file.finish()
    }

    private func forEachChunk(_ body: (ArraySlice<UInt8>) throws -> Void) throws {
        var chunk = [UInt8](repeating: 0, count: 262_144)
        var offset: off_t = 0
        while true {
            let count = pread(rows, &chunk, chunk.count, offset)
            guard count >= 0 else { throw target.failure() }
            guard count > 0 else { return }
            try body(chunk[..<count])
            offset += off_t(count)
        }
    }

    private static func header(_ plan: ExpiryPlan, _ isFull: Bool, rowsHash: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("plan_hash", plan.planHash)
        writer.member("rows_hash", rowsHash)
        writer.member("as_of", time: plan.asOf.milliseconds)
        writer.member("policy_hash", plan.policyHash)
        writer.object("counts") { writer in
            writer.member("examined", plan.examined)
            for action in ["keep", "notice", "reprieve", "quarantine", "restore", "end"] {
                writer.member(action, plan.actions[action] ?? 0)
            }
        }
        writer.object("selection") { writer in
            writer.member("tenant", plan.selection.tenant?.rawValue)
            writer.member("provider", plan.selection.provider?.rawValue)
            writer.member("client", plan.selection.client?.rawValue)
        }
        writer.member("full", isFull)
        writer.endObject()
        return writer.bytes + [0x0A]
    }

    /// SHA-256 over the bytes of all lines that are left, in hex; each must have its line end.
    private static func rowsHash(_ reader: inout LineReader) throws -> String {
        var hasher = SHA256()
        while try reader.advance() {
            hasher.update(data: reader.lineBytes)
            hasher.update(data: [0x0A])
        }
        return Hex.string(Array(hasher.finalize()))
    }

    /// Whether what is written there gives the plan's own hash, whoever wrote the hash of the lines.
    private static func agrees(_ descriptor: Int32, _ header: JSONObject) throws -> Bool {
        var reader = LineReader(descriptor: descriptor, maximumLineLength: 65_536, chunkSize: 65_536)
        var check = PlanFileCheck(header: header)
        guard try reader.advance() else { return false }
        while try reader.advance() { try check.take(reader.lineBytes) }
        return check.agrees
    }

    /// The header of a plan's file whose lines are those that were written with it.
    static func header(_ path: String) throws -> Header {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw CommandError(
                .badData,
                "unreadable",
                "the plan '\(path)' cannot be read: \(String(cString: strerror(errno)))"
            )
        }
        defer { close(descriptor) }
        var reader = LineReader(descriptor: descriptor, maximumLineLength: 65_536, chunkSize: 65_536)
        guard try reader.advance() else {
            throw CommandError(.badData, "bad-plan", "the plan '\(path)' is empty")
        }
        let line = reader.lineBytes
        let object = try? JSONObject(parsing: line)
        guard let object, let hash = object["plan_hash"]?.stringValue else {
            throw CommandError(
                .badData,
                "bad-plan",
                "'\(path)' does not begin with a plan's header",
                hint: "make one with 'rotate --dry-run --plan-out FILE'"
            )
        }
        guard try rowsHash(&reader) == object["rows_hash"]?.stringValue else {
            throw CommandError(
                .badData,
                "edited-plan",
                "the lines of the plan '\(path)' are not those that its header speaks of: it was edited or cut off, or is "
                    + "of an older version",
                hint: "a plan is applied as it was made; 'rotate --dry-run --plan-out FILE' makes a new one, --tenant, "
                    + "--provider and --client narrow it"
            )
        }
        guard lseek(descriptor, 0, SEEK_SET) == 0, (try? agrees(descriptor, object)) == true else {
            throw CommandError(
                .badData,
                "edited-plan",
                "the lines of the plan '\(path)' do not give the hash and the counts of its header: it was edited",
                hint: "a plan is applied as it was made; 'rotate --dry-run --plan-out FILE' makes a new one"
            )
        }
        let selection = object["selection"]?.objectValue
        return Header(
            planHash: hash,
            selection: GrantSelection(
                tenant: selection?["tenant"]?.stringValue.map { TenantID($0) },
                provider: selection?["provider"]?.stringValue.map { ProviderID($0) },
                client: selection?["client"]?.stringValue.map { ClientID($0) }
            ),
            isFull: object["full"]?.boolValue ?? false
        )
    }
}

internal import Glibc
internal import Grants
internal import Records
internal import RotationWorker
internal import Synchronization

/// The file of `--plan-out`: a header, then a line per decision but keep, and per keep that a person should know of.
///
/// The header's numbers are known last, so the lines go to a file beside it first; the whole replaces the target at
/// once.
final class PlanFile: PlanRowReceiver {
    /// What `--apply` needs of the first line.
    struct Header {
        var planHash: String
        var selection: GrantSelection
        var isFull: Bool
    }

    /// What the path names, links followed.
    private let path: String
    /// It is there and is no file, but a pipe, a terminal, /dev/stdout: it is written to, not replaced.
    private let isDevice: Bool
    private let rows: Int32
    private let buffer = Mutex<[UInt8]>([])

    init(_ named: String) throws {
        var status = stat()
        isDevice = stat(named, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
        if !isDevice, let resolved = realpath(named, nil) {
            path = String(cString: resolved)
            free(resolved)
        } else {
            path = named
        }
        guard status.st_mode & S_IFMT != S_IFDIR else {
            throw CommandError(.failed, "plan-file", "'\(named)' is a directory", hint: "name a file")
        }
        rows = try TemporaryFile.open()
    }

    /// A new private file with an unguessable name that begins like `path`.
    private static func make(beside path: String) throws -> (descriptor: Int32, path: String) {
        var template = Array("\(path).XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw failure(path) }
        let name = String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return (descriptor, name)
    }

    deinit { close(rows) }

    func receive(_ row: PlanRow) throws {
        try buffer.withLock { buffer in
            buffer += row.json()
            buffer.append(0x0A)
            guard buffer.count > 262_144 else { return }
            try Self.write(buffer, to: rows, path)
            buffer.removeAll(keepingCapacity: true)
        }
    }

    func restart() throws {
        try buffer.withLock { buffer in
            buffer.removeAll(keepingCapacity: true)
            guard ftruncate(rows, 0) == 0, lseek(rows, 0, SEEK_SET) == 0 else { throw Self.failure(path) }
        }
    }

    /// Writes the whole file, now that its header is known.
    func finish(_ plan: ExpiryPlan, isFull: Bool) throws {
        try buffer.withLock { try Self.write($0, to: rows, path) }
        let header = Self.header(plan, isFull)
        if isDevice {
            let target = open(path, O_WRONLY | O_CLOEXEC)
            guard target >= 0 else { throw Self.failure(path) }
            defer { close(target) }
            return try copy(header, to: target)
        }
        let (target, temporary) = try Self.make(beside: path)
        defer { close(target) }
        do {
            try copy(header, to: target)
            guard fsync(target) == 0, rename(temporary, path) == 0 else { throw Self.failure(path) }
        } catch {
            unlink(temporary)
            throw error
        }
    }

    private func copy(_ header: [UInt8], to target: Int32) throws {
        try Self.write(header, to: target, path)
        var buffer = [UInt8](repeating: 0, count: 262_144)
        var offset: off_t = 0
        while true {
            let count = pread(rows, &buffer, buffer.count, offset)
            guard count > 0 else { return }
            try Self.write(Array(buffer[..<count]), to: target, path)
            offset += off_t(count)
        }
    }

    private static func header(_ plan: ExpiryPlan, _ isFull: Bool) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("plan_hash", plan.planHash)
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

    /// The header of a plan's file.
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

    private static func write(_ bytes: [UInt8], to descriptor: Int32, _ path: String) throws {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress.map { $0 + written }, $0.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure(path) }
            written += count
        }
    }

    private static func failure(_ path: String) -> CommandError {
        CommandError(
            .failed,
            "plan-file",
            "the plan's file '\(path)' cannot be read or written: \(String(cString: strerror(errno)))"
        )
    }
}

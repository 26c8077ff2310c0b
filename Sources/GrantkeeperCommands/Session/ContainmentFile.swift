internal import Glibc
internal import Grants
internal import Records
internal import RotationWorker
internal import Synchronization

/// The file of `contain --plan-out`: a line for each grant, as the store is walked through; memory holds a buffer.
///
/// The whole replaces the target at once; what is no file, such as /dev/stdout, is written to.
final class ContainmentFile: Sendable {
    private struct State {
        var buffer: [UInt8] = []
        var isFinished = false
    }

    private let path: String
    /// nil: the target is written to.
    private let temporary: String?
    private let descriptor: Int32
    private let state = Mutex(State())

    init(_ path: String) throws {
        self.path = path
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
            temporary = nil
            descriptor = open(path, O_WRONLY | O_CLOEXEC)
        } else {
            var template = Array("\(path).XXXXXX".utf8CString)
            descriptor = mkstemp(&template)
            temporary = String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        guard descriptor >= 0 else { throw Self.failure(path) }
    }

    deinit {
        close(descriptor)
        if let temporary, !state.withLock(\.isFinished) { unlink(temporary) }
    }

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
        try state.withLock { state in
            state.buffer += line
            if state.buffer.count > 262_144 { try flush(&state) }
        }
    }

    func finish() throws {
        try state.withLock { state in
            try flush(&state)
            if let temporary {
                guard fsync(descriptor) == 0, rename(temporary, path) == 0 else { throw Self.failure(path) }
            }
            state.isFinished = true
        }
    }

    private func flush(_ state: inout State) throws {
        var written = 0
        while written < state.buffer.count {
            let count = state.buffer.withUnsafeBytes {
                write(descriptor, $0.baseAddress.map { $0 + written }, $0.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure(path) }
            written += count
        }
        state.buffer.removeAll(keepingCapacity: true)
    }

    private static func failure(_ path: String) -> CommandError {
        CommandError(
            .failed,
            "plan-file",
            "the plan's file '\(Console.printableLong(path))' cannot be written: \(String(cString: strerror(errno)))",
            hint: "name a file in a directory that can be written"
        )
    }
}

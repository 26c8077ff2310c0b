internal import Synchronization

/// A file that is begun with its first line.
final class ArchiveDraft: Sendable {
    private let begin: @Sendable () throws -> any ArchiveFile
    private let file = Mutex<(any ArchiveFile)?>(nil)

    init(_ begin: @escaping @Sendable () throws -> any ArchiveFile) { self.begin = begin }

    var isEmpty: Bool { file.withLock { $0 == nil } }

    func append(_ line: [UInt8]) throws {
        let file = try file.withLock { file in
            let known = try file ?? begin()
            file = known
            return known
        }
        try file.append(line)
    }

    /// nil: there is no file.
    func seal() throws -> String? { try file.withLock { $0 }?.seal() }

    func abandon() { file.withLock { $0 }?.abandon() }
}

/// A file that is on the disk under its name.
struct SealedArchive: Hashable, Sendable {
    var name: String
    /// SHA-256 in hex.
    var digest: String
}

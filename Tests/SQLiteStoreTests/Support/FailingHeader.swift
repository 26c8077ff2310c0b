import GRDBSQLite
import Glibc
import Synchronization

/// SQLite's own file system, but that reads of the header's number fail, in files named so.
enum FailingHeader {
    /// The name of such a file, without its ending.
    static let mark = "failing-header"

    private final class State: Sendable {
        let failures = Atomic(0)
    }

    private static let state = State()
    nonisolated(unsafe) private static var original: UnsafeMutablePointer<sqlite3_vfs>?
    nonisolated(unsafe) private static var methods: UnsafeMutablePointer<sqlite3_io_methods>?
    nonisolated(unsafe) private static var read:
        (@convention(c) (UnsafeMutablePointer<sqlite3_file>?, UnsafeMutableRawPointer?, CInt, sqlite3_int64) -> CInt)?

    /// How many of the next reads fail.
    static func fail(times: Int) {
        _ = isInstalled
        state.failures.store(times, ordering: .sequentiallyConsistent)
    }

    /// Whether one of the failures is left.
    static var isOver: Bool { state.failures.load(ordering: .sequentiallyConsistent) <= 0 }

    private static func takeFailure() -> Bool {
        state.failures.subtract(1, ordering: .sequentiallyConsistent).oldValue > 0
    }

    private static let isInstalled: Bool = {
        guard let system = sqlite3_vfs_find(nil) else { return false }
        original = system
        let copy = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
        copy.initialize(to: system.pointee)
        copy.pointee.pNext = nil
        copy.pointee.zName = UnsafePointer(strdup("failing-header"))
        copy.pointee.xOpen = { _, name, file, flags, given in
            guard let system = FailingHeader.original, let open = system.pointee.xOpen else { return SQLITE_ERROR }
            let status = open(system, name, file, flags, given)
            guard status == SQLITE_OK, let name, String(cString: name).hasSuffix("\(FailingHeader.mark).sqlite") else {
                return status
            }
            FailingHeader.replaceMethods(of: file)
            return status
        }
        return sqlite3_vfs_register(copy, 1) == SQLITE_OK
    }()

    private static func replaceMethods(of file: UnsafeMutablePointer<sqlite3_file>?) {
        guard let file, let own = file.pointee.pMethods else { return }
        if methods == nil {
            read = own.pointee.xRead
            let copy = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
            copy.initialize(to: own.pointee)
            copy.pointee.xRead = { file, buffer, count, offset in
                if count == 4, offset == 60, FailingHeader.takeFailure() { return SQLITE_IOERR }
                return FailingHeader.read?(file, buffer, count, offset) ?? SQLITE_ERROR
            }
            methods = copy
        }
        file.pointee.pMethods = UnsafePointer(methods)
    }
}

internal import GRDB
internal import Grants

extension StoreError {
    /// What SQLite refused, in words for the person who runs us; bound values are never in it.
    init(_ error: any Error, path: String) {
        if let known = error as? StoreError {
            self = known
            return
        }
        guard let database = error as? DatabaseError else {
            self.init(.other, "the store '\(path)' failed: \(error)")
            return
        }
        switch database.resultCode {
        case .SQLITE_NOTADB:
            self.init(
                .notOurs,
                "'\(path)' is not a SQLite database",
                hint: "store.sqlite must name a store of grantkeeper or a file that does not exist yet"
            )
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init(
                .busy,
                "the store '\(path)' is in use by another process and did not get free",
                hint: "try again; 'fuser \(path)' shows who has it open"
            )
        case .SQLITE_FULL:
            self.init(.full, "no room left to write the store '\(path)'; nothing was changed", hint: "free disk space")
        case .SQLITE_IOERR:
            self.init(.full, "the store '\(path)' cannot be read or written: \(database.message ?? "I/O error")")
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
            self.init(
                .readOnly,
                "the store '\(path)' cannot be written by this user",
                hint: "run it as the service's user"
            )
        case .SQLITE_CANTOPEN:
            self.init(
                .missing,
                "the store '\(path)' cannot be opened",
                hint: "check that its directory exists and that this user may read and write in it"
            )
        case .SQLITE_CORRUPT:
            self.init(
                .damaged,
                "the store '\(path)' is damaged: \(database.message ?? "corrupt")",
                hint: "stop, keep the file, restore a backup"
            )
        default:
            self.init(.other, "the store '\(path)' refused: \(database.message ?? "error \(database.resultCode)")")
        }
    }
}

internal import GRDB
internal import Grants

/// ``SeenKeys`` in a private temporary database that SQLite deletes by itself.
final class SQLiteSeenKeys: SeenKeys {
    private let queue: DatabaseQueue

    init() throws {
        var configuration = Configuration()
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA synchronous = OFF")
            try db.execute(sql: "PRAGMA journal_mode = OFF")
            try db.execute(sql: "PRAGMA cache_size = -2048")
        }
        // An empty name is a temporary file of SQLite's own.
        queue = try DatabaseQueue(path: "", configuration: configuration)
        try queue.inDatabase { db in
            try db.execute(
                sql: "CREATE TABLE seen (key TEXT NOT NULL PRIMARY KEY, digest BLOB NOT NULL) STRICT, WITHOUT ROWID"
            )
        }
    }

    func insert(_ key: String, digest: [UInt8]) throws -> Bool? {
        try queue.inDatabase { db in
            try db.cachedStatement(sql: "INSERT OR IGNORE INTO seen (key, digest) VALUES (?, ?)")
                .execute(arguments: [key, Blob(digest)])
            if db.changesCount == 1 { return nil }
            let statement = try db.cachedStatement(sql: "SELECT digest FROM seen WHERE key = ?")
            return try Blob.fetchOne(statement, arguments: [key])?.bytes == digest
        }
    }
}

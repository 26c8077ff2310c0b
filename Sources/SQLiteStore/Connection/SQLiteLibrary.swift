internal import CSQLite

/// SQLite as this process uses it; touched before the first connection is opened, whichever that is.
enum SQLiteLibrary {
    /// Settles what can be chosen only before SQLite is used; refused, and as it was, where something else used it.
    static let setUp: Void = {
        // Nobody reads the count of its memory, and for it all connections wait for one lock at each allocation.
        _ = csqlite_set_memory_statistics(0)
    }()
}

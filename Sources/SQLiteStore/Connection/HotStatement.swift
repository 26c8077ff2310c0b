internal import GRDB
internal import GRDBSQLite
internal import Grants

/// A statement of a row loop, bound and read without boxes in between.
///
/// For the few statements that run once a grant; everything else is plain GRDB, whose arguments cost as much as the
/// statement itself there. Confined to the connection's thread, like all of SQLite.
struct HotStatement {
    /// Holds the handle, which GRDB finalizes with it.
    private let statement: Statement
    private let handle: OpaquePointer

    /// The connection's statement of this text, prepared when first asked for.
    init(_ db: Database, _ sql: String) throws {
        statement = try db.cachedStatement(sql: sql)
        handle = statement.sqliteStatement
    }

    /// Binds values, one after the other from the first on, and runs a statement that returns no row.
    ///
    /// Returns how many rows it changed.
    @inline(__always)
    @discardableResult
    func run(_ bind: (inout Binder) throws -> Void) throws -> Int {
        try withBound(bind) {
            guard sqlite3_step(handle) == SQLITE_DONE else { throw failure }
            return Int(sqlite3_changes(sqlite3_db_handle(handle)))
        }
    }

    /// Binds values and reads the rows, each valid only within `body`.
    @inline(__always)
    func forEach(_ bind: (inout Binder) throws -> Void, _ body: (HotRow) throws -> Void) throws {
        try withBound(bind) {
            while true {
                switch sqlite3_step(handle) {
                case SQLITE_ROW: try body(HotRow(handle))
                case SQLITE_DONE: return
                default: throw failure
                }
            }
        }
    }

    /// The first row, if there is one.
    @inline(__always)
    func first<Value>(_ bind: (inout Binder) throws -> Void, _ body: (HotRow) throws -> Value) throws -> Value? {
        try withBound(bind) {
            switch sqlite3_step(handle) {
            case SQLITE_ROW: return try body(HotRow(handle))
            case SQLITE_DONE: return nil
            default: throw failure
            }
        }
    }

    @inline(__always)
    private func withBound<Value>(_ bind: (inout Binder) throws -> Void, _ body: () throws -> Value) throws -> Value {
        // Somebody who stopped half-way may have left it open, and an earlier call its values.
        sqlite3_reset(handle)
        var binder = Binder(handle)
        try bind(&binder)
        guard binder.result == SQLITE_OK, binder.count == sqlite3_bind_parameter_count(handle) else {
            throw StoreError(.other, "a statement was given \(binder.count) values, or one too long")
        }
        defer { sqlite3_reset(handle) }
        return try body()
    }

    private var failure: DatabaseError {
        let db = sqlite3_db_handle(handle)
        return DatabaseError(
            resultCode: ResultCode(rawValue: sqlite3_extended_errcode(db)),
            message: String(cString: sqlite3_errmsg(db)),
            sql: statement.sql
        )
    }

    /// Gives the parameters their values, from the first on.
    struct Binder {
        private let handle: OpaquePointer
        fileprivate private(set) var count: Int32 = 0
        fileprivate private(set) var result = SQLITE_OK

        fileprivate init(_ handle: OpaquePointer) { self.handle = handle }

        @inline(__always)
        mutating func add(_ value: Int64) {
            count += 1
            note(sqlite3_bind_int64(handle, count, value))
        }

        @inline(__always)
        mutating func add(_ value: Int) { add(Int64(value)) }

        @inline(__always)
        mutating func add(_ value: Int64?) {
            if let value { add(value) } else { addNull() }
        }

        @inline(__always)
        mutating func add(_ value: Int?) { add(value.map(Int64.init)) }

        @inline(__always)
        mutating func addNull() {
            count += 1
            note(sqlite3_bind_null(handle, count))
        }

        mutating func add(_ text: String) {
            count += 1
            var text = text
            let (handle, count) = (handle, count)
            note(
                text.withUTF8 { bytes in
                    // An empty text may have no address, which would mean NULL.
                    guard let base = bytes.baseAddress, !bytes.isEmpty else {
                        return sqlite3_bind_text(handle, count, "", 0, Self.copies)
                    }
                    return base.withMemoryRebound(to: CChar.self, capacity: bytes.count) {
                        sqlite3_bind_text(handle, count, $0, Int32(bytes.count), Self.copies)
                    }
                }
            )
        }

        mutating func add(_ text: String?) {
            if let text { add(text) } else { addNull() }
        }

        mutating func add(_ blob: [UInt8]) {
            count += 1
            let (handle, count) = (handle, count)
            note(
                blob.withUnsafeBytes { bytes in
                    guard let base = bytes.baseAddress, !bytes.isEmpty else {
                        return sqlite3_bind_zeroblob(handle, count, 0)
                    }
                    return sqlite3_bind_blob(handle, count, base, Int32(bytes.count), Self.copies)
                }
            )
        }

        private mutating func note(_ code: Int32) {
            if code != SQLITE_OK { result = code }
        }

        /// `SQLITE_TRANSIENT`: SQLite makes its own copy at once.
        private static var copies: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }
    }
}

/// A hot statement that is prepared when it is first run.
struct LateStatement {
    private let sql: String
    private var made: HotStatement?

    init(_ sql: String) { self.sql = sql }

    mutating func on(_ db: Database) throws -> HotStatement {
        if let made { return made }
        let statement = try HotStatement(db, sql)
        made = statement
        return statement
    }
}

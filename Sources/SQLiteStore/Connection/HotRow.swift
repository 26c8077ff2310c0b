internal import GRDB
internal import GRDBSQLite

/// The row on which a ``HotStatement`` stands; not to be kept.
struct HotRow {
    private let handle: OpaquePointer

    init(_ handle: OpaquePointer) { self.handle = handle }

    @inline(__always)
    func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }

    /// Zero for NULL.
    @inline(__always)
    func number(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    @inline(__always)
    func numberIfAny(_ column: Int32) -> Int64? {
        // Most are neither zero nor NULL, and one call tells.
        let value = sqlite3_column_int64(handle, column)
        return value == 0 && isNull(column) ? nil : value
    }

    /// The same, for a column that is mostly NULL: one call tells that.
    @inline(__always)
    func numberIfRare(_ column: Int32) -> Int64? { isNull(column) ? nil : number(column) }

    /// Empty for NULL.
    @inline(__always)
    func text(_ column: Int32) -> String {
        guard let bytes = sqlite3_column_text(handle, column) else { return "" }
        let count = Int(sqlite3_column_bytes(handle, column))
        return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
    }

    @inline(__always)
    func textIfAny(_ column: Int32) -> String? { isNull(column) ? nil : text(column) }

    /// Empty for NULL.
    @inline(__always)
    func bytes(_ column: Int32) -> [UInt8] {
        guard let bytes = sqlite3_column_blob(handle, column) else { return [] }
        return Array(UnsafeRawBufferPointer(start: bytes, count: Int(sqlite3_column_bytes(handle, column))))
    }

    /// Runs a statement of GRDB's with its arguments and reads its rows without GRDB's boxes.
    static func forEach(
        _ statement: Statement,
        _ arguments: StatementArguments,
        _ body: (HotRow) throws -> Void
    ) throws {
        let cursor = try Row.fetchCursor(statement, arguments: arguments)
        let row = HotRow(statement.sqliteStatement)
        while try cursor.next() != nil { try body(row) }
    }
}

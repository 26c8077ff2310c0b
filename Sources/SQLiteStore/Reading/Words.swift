internal import GRDB

/// Texts that many rows share, by number; remembered up to a limit.
final class Words {
    private static let limit = 20_000
    private let db: Database
    private var texts: [Int64: String] = [:]
    private var numbers: [String: Int64] = [:]

    init(_ db: Database) { self.db = db }

    func text(_ number: Int64) throws -> String {
        if let known = texts[number] { return known }
        let statement = try db.cachedStatement(sql: "SELECT text FROM words WHERE id = ?")
        let text = try String.fetchOne(statement, arguments: [number]) ?? ""
        if texts.count >= Self.limit { texts.removeAll(keepingCapacity: true) }
        texts[number] = text
        return text
    }

    /// nil: no row has it.
    func number(_ text: String) throws -> Int64? {
        if let known = numbers[text] { return known }
        let statement = try db.cachedStatement(sql: "SELECT id FROM words WHERE text = ?")
        let number = try Int64.fetchOne(statement, arguments: [text])
        if let number { remember(text, number) }
        return number
    }

    /// The number of a text that may be new; only in a write.
    func intern(_ text: String) throws -> Int64 {
        if let known = try number(text) { return known }
        let statement = try db.cachedStatement(sql: "INSERT INTO words (text) VALUES (?)")
        try statement.execute(arguments: [text])
        let number = db.lastInsertedRowID
        remember(text, number)
        return number
    }

    private func remember(_ text: String, _ number: Int64) {
        if numbers.count >= Self.limit { numbers.removeAll(keepingCapacity: true) }
        numbers[text] = number
    }
}

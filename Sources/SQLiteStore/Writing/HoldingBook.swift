internal import GRDB

/// The numbers of the holdings that a transaction has to do with, and how it changes what is live of them.
struct HoldingBook {
    /// A holding by the numbers of its words; 0: none.
    struct Key: Hashable {
        var provider: Int64
        var tenant: Int64
        var client: Int64
        var role: Int64
        var environment: Int64
        var scopes: Int64
    }

    private var numbers: [Key: Int64] = [:]
    private var deltas: [Int64: Int] = [:]
    /// Rows whose record this transaction gave another holding: what was read of them before is old.
    private var moved: [Int64: Int64] = [:]
    private var finding = LateStatement(
        """
        SELECT id FROM holdings
        WHERE provider = ? AND tenant = ? AND client = ? AND role = ? AND environment = ? AND scopes = ?
        """
    )
    private var adding = LateStatement(
        """
        INSERT INTO holdings (provider, tenant, client, role, environment, scopes, live) VALUES (?, ?, ?, ?, ?, ?, 0)
        """
    )
    private var counting = LateStatement("UPDATE holdings SET live = live + ? WHERE id = ?")
    private var moving = LateStatement("UPDATE grants SET holding = ? WHERE row = ?")

    /// The number of a holding that may be new.
    mutating func number(of key: Key, in db: Database) throws -> Int64 {
        if let known = numbers[key] { return known }
        let number = try finding.on(db).first({ Self.bind(key, &$0) }, { $0.number(0) }) ?? add(key, in: db)
        numbers[key] = number
        return number
    }

    private mutating func add(_ key: Key, in db: Database) throws -> Int64 {
        try adding.on(db).run { Self.bind(key, &$0) }
        return db.lastInsertedRowID
    }

    private static func bind(_ key: Key, _ values: inout HotStatement.Binder) {
        values.add(key.provider)
        values.add(key.tenant)
        values.add(key.client)
        values.add(key.role)
        values.add(key.environment)
        values.add(key.scopes)
    }

    /// The holding of a row that was read with this one.
    func present(_ read: Int64, ofRow row: Int64) -> Int64 {
        moved.isEmpty ? read : moved[row] ?? read
    }

    mutating func count(_ number: Int64, _ delta: Int) { deltas[number, default: 0] += delta }

    /// Gives a row another holding.
    mutating func move(row: Int64, from old: Int64, to new: Int64, isLive: Bool, in db: Database) throws {
        guard old != new else { return }
        try moving.on(db).run {
            $0.add(new)
            $0.add(row)
        }
        moved[row] = new
        guard isLive else { return }
        count(old, -1)
        count(new, 1)
    }

    /// Writes the counts, in the order in which they lie in the table.
    mutating func finish(in db: Database) throws {
        guard !deltas.isEmpty else { return }
        for (number, delta) in deltas.sorted(by: { $0.key < $1.key }) where delta != 0 {
            try counting.on(db).run {
                $0.add(delta)
                $0.add(number)
            }
        }
        deltas.removeAll(keepingCapacity: true)
    }
}

internal import GRDB
internal import Grants

/// Texts that many rows share, by number; remembered up to a limit, and no longer than a transaction.
final class Words {
    private static let limit = 20_000
    private static let none: Int64 = -1
    let db: Database
    /// Numbers are given from 1 on, so the common texts are found without a hash.
    private var texts: [String?] = []
    private var scopeSets: [ScopeSet?] = []
    private var numbers: [ExactText: Int64] = [:]
    private var cohorts: [Cohort: Int] = [:]
    private var ofHolding: [Shared?] = []

    /// What the grants of a cohort share, as numbers; 0: they have none.
    struct Cohort: Hashable {
        var provider: Int64
        var tenant: Int64
        var client: Int64
        var role: Int64
        var environment: Int64
    }

    /// What the grants of a holding share.
    final class Shared {
        let numbers: Cohort
        let scopesNumber: Int64
        let provider: ProviderID
        let tenant: TenantID
        let client: ClientID
        let role: String?
        let environment: String?
        let scopes: ScopeSet
        /// Of the cohort, within this reading.
        let cohort: Int

        fileprivate init(_ numbers: Cohort, scopes: Int64, _ words: Words) throws {
            self.numbers = numbers
            scopesNumber = scopes
            provider = ProviderID(try words.text(numbers.provider))
            tenant = TenantID(try words.text(numbers.tenant))
            client = ClientID(try words.text(numbers.client))
            role = numbers.role == 0 ? nil : try words.text(numbers.role)
            environment = numbers.environment == 0 ? nil : try words.text(numbers.environment)
            self.scopes = try words.scopes(scopes)
            cohort = words.number(of: numbers)
        }
    }

    init(_ db: Database) { self.db = db }

    /// What a grant of these numbers shares with others of its holding.
    func shared(_ numbers: Cohort, scopes: Int64, holding: Int64) throws -> Shared {
        // Found by one number, and believed where all of them are the same.
        if holding < ofHolding.count, holding >= 0, let known = ofHolding[Int(holding)],
            known.numbers == numbers, known.scopesNumber == scopes
        {
            return known
        }
        let shared = try Shared(numbers, scopes: scopes, self)
        if let index = Self.room(for: holding, in: &ofHolding) { ofHolding[index] = shared }
        return shared
    }

    func text(_ number: Int64) throws -> String {
        if number < texts.count, number >= 0, let known = texts[Int(number)] { return known }
        let statement = try db.cachedStatement(sql: "SELECT text FROM words WHERE id = ?")
        let text = try String.fetchOne(statement, arguments: [number]) ?? ""
        if let index = Self.room(for: number, in: &texts) { texts[index] = text }
        return text
    }

    func scopes(_ number: Int64) throws -> ScopeSet {
        if number < scopeSets.count, number >= 0, let known = scopeSets[Int(number)] { return known }
        let scopes = ScopeSet(joined: try text(number))
        if let index = Self.room(for: number, in: &scopeSets) { scopeSets[index] = scopes }
        return scopes
    }

    /// Its place in the list, which is made longer for it; nil: too far on to be kept.
    private static func room<Element>(for number: Int64, in list: inout [Element?]) -> Int? {
        guard (0..<Int64(limit)).contains(number) else { return nil }
        if number >= list.count {
            list += repeatElement(nil, count: Int(number) + 1 - list.count)
        }
        return Int(number)
    }

    /// The number of a cohort within this reading, from 0.
    private func number(of cohort: Cohort) -> Int {
        if let known = cohorts[cohort] { return known }
        let number = cohorts.count
        cohorts[cohort] = number
        return number
    }

    /// nil: no row has it.
    func number(_ text: String) throws -> Int64? {
        if let known = numbers[ExactText(text)] { return known == Self.none ? nil : known }
        let statement = try db.cachedStatement(sql: "SELECT id FROM words WHERE text = ?")
        let number = try Int64.fetchOne(statement, arguments: [text])
        // Only ``intern(_:)`` can add it while the transaction is open.
        remember(text, number ?? Self.none)
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
        numbers[ExactText(text)] = number
    }
}

import GRDB
import Glibc
import Grants
import GrantsTestSupport
import SQLiteStore
import Synchronization

/// The day on which the tests begin.
let start = Timestamp(milliseconds: 1_795_478_400_000)
let person = Actor(kind: .person, user: "alice", host: "host-1")

/// A store in a folder of its own.
final class StoreHouse: Sendable {
    let folder = TemporaryFolder()
    private let ids = Atomic(0)

    var path: String { folder.file("grants.sqlite") }

    func open(
        _ keyring: Keyring? = .of("A"),
        identity: ProcessIdentity = .current(),
        limits: StoreLimits = StoreLimits()
    ) async throws(StoreError) -> SQLiteGrantStore {
        try await .open(path: path, keyring: keyring, identity: identity, limits: limits) { [self] in
            "id-\(ids.add(1, ordering: .relaxed).newValue)"
        }
    }

    /// One transaction of another program.
    func raw<Result>(_ body: (Database) throws -> Result) throws -> Result {
        let queue = try DatabaseQueue(path: path)
        let result = try queue.write(body)
        try queue.close()
        return result
    }
}

extension Keyring {
    /// Keys of one repeated letter each, the sealing one first.
    static func of(_ letters: String...) -> Keyring {
        let lines = letters.map { String(repeating: $0, count: 42) + "A=" }.joined(separator: "\n")
        do {
            return try Keyring(parsing: Secret(lines))
        } catch {
            fatalError("a test's key: \(error)")
        }
    }
}

/// A grant a year old.
func grant(
    _ id: String,
    at provider: ProviderID = "idp",
    tenant: TenantID = "acme",
    subject: String? = nil
) -> Grant {
    Grant(
        key: .init(provider: provider, id: id),
        tenant: tenant,
        client: "portal",
        subject: subject,
        scopes: ScopeSet(["ticket.read"]),
        issuedAt: start - .days(365)
    )
}

extension SQLiteGrantStore {
    /// Adds a grant, its tokens and its journal entry in one transaction; returns its row.
    @discardableResult
    func add(_ grant: Grant, tokens: [TokenKind: Secret] = [:]) async throws -> Int64 {
        try await write { writing in
            let stored = try writing.insert(grant, tokens: tokens, at: start)
            try writing.append(Event(Event.Kind.grantRecorded, at: start, about: grant), about: stored)
            return stored.row
        }
    }

    /// The code of what the body throws; nil: nothing, or no error of the store.
    func refusal(_ body: @escaping @Sendable (any StoreWriting) throws -> Void) async -> StoreError? {
        do {
            try await write(body)
            return nil
        } catch {
            return error as? StoreError
        }
    }
}

/// The store's error that the body throws.
func storeError(_ body: () async throws -> Void) async -> StoreError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? StoreError
    }
}

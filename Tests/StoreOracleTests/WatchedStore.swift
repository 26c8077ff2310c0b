import Grants

@testable import oracle

/// The real store, with every transaction shown to the watch before it is committed.
final class WatchedStore: GrantStore {
    private let store: any GrantStore
    private let watch: Watch
    private let events: TrueEvents

    init(_ store: any GrantStore, _ watch: Watch, _ events: TrueEvents) {
        (self.store, self.watch, self.events) = (store, watch, events)
    }

    func read<Result: Sendable>(
        _ body: @escaping @Sendable (any StoreReading) throws -> Result
    ) async throws -> Result { try await store.read(body) }

    func write<Result: Sendable>(
        _ body: @escaping @Sendable (any StoreWriting) throws -> Result
    ) async throws -> Result {
        let (watch, events) = (watch, events)
        return try await store.write { try Self.watched($0, watch, events, body) }
    }

    func write<Answer: Sendable>(
        scouting scout: @escaping @Sendable (Result<any StoreReading, any Error>) -> Void,
        _ body: @escaping @Sendable (any StoreWriting) throws -> Answer
    ) async throws -> Answer {
        let (watch, events) = (watch, events)
        return try await store.write(scouting: scout) { try Self.watched($0, watch, events, body) }
    }

    private static func watched<Answer>(
        _ writing: any StoreWriting,
        _ watch: Watch,
        _ events: TrueEvents,
        _ body: (any StoreWriting) throws -> Answer
    ) throws -> Answer {
        let isApplying = watch.with { $0.phase == .apply }
        let before = isApplying ? try writing.everything() : (grants: [], tokens: [:])
        let answer = try body(writing)
        try watch.look(writing, before: before.grants, tokens: before.tokens, events.people)
        return answer
    }

    func lock(_ job: String, owner: Actor, at now: Timestamp) async throws -> JobLock {
        try await store.lock(job, owner: owner, at: now)
    }

    func changeNumber() async throws -> Int64 { try await store.changeNumber() }
    var tokenReadying: (any TokenReadying)? { store.tokenReadying }
    func unlock(_ lock: JobLock) async throws { try await store.unlock(lock) }
}

extension StoreReading {
    /// All grants, and their tokens.
    func everything() throws -> (grants: [StoredGrant], tokens: [Int64: [TokenKind: Secret]]) {
        var grants: [StoredGrant] = []
        try forEach(.all, in: GrantSelection(provider: Core.provider)) { grants.append($0) }
        var tokens: [Int64: [TokenKind: Secret]] = [:]
        for grant in grants { tokens[grant.row] = try self.tokens(of: grant.row) }
        return (grants, tokens)
    }
}

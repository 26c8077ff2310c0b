internal import Grants

/// Keeps a lock's lease alive while work outside the store takes longer than it.
enum LeaseHeartbeat {
    static let interval = Duration.seconds(20)

    /// Runs the body; a lock that was lost meanwhile shows when the owner next writes.
    static func keeping<Result: Sendable, Failure: Error>(
        _ lock: JobLock?,
        _ store: any GrantStore,
        _ body: () async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        guard let lock else { return try await body() }
        let heart = Task {
            while !Task.isCancelled {
                try await Task.sleep(for: interval)
                try await store.write { try $0.renew(lock) }
            }
        }
        defer { heart.cancel() }
        return try await body()
    }
}

internal import Grants

/// Keeps a lock's lease alive while work outside the store takes longer than it.
enum LeaseHeartbeat {
    static let interval = Duration.seconds(20)

    /// Runs the body; a lock that was lost meanwhile shows when the owner next writes.
    static func keeping<Result: Sendable, Failure: Error>(
        _ lock: JobLock?,
        _ store: any GrantStore,
        every interval: Duration = interval,
        _ body: () async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        guard let lock else { return try await body() }
        let heart = Task {
            while !Task.isCancelled {
                try await Task.sleep(for: interval)
                do {
                    try await store.write { try $0.renew(lock) }
                } catch let error as StoreError where error.code == .lockLost {
                    return
                } catch {
                    // A busy store: the next beat may get through, long before the lease is over.
                    continue
                }
            }
        }
        defer { heart.cancel() }
        return try await body()
    }
}

internal import Grants
internal import Synchronization

/// One progress line for what several providers are doing at once.
final class SharedProgress: Sendable {
    private let step: String
    private let tell: @Sendable (RotationEnvironment.Progress) -> Void
    private let done = Mutex<[ProviderID: Int]>([:])

    /// `step` goes before the provider's name, like `asking`.
    init(_ step: String, _ environment: RotationEnvironment) {
        self.step = step
        tell = environment.progress
    }

    func update(_ provider: ProviderID, done number: Int) {
        let (sum, count) = done.withLock { done in
            done[provider] = number
            return (done.values.reduce(0, +), done.count)
        }
        let whom = count == 1 ? provider.rawValue : "\(count) providers"
        tell(.init(step: "\(step) \(whom)", done: sum, total: nil))
    }
}

/// Works at all providers at once; one that hangs or fails holds nobody else up.
///
/// Results are in the providers' order. Cancellation, and the loss of the lock, end all of them; any other error is
/// thrown once the others are done.
func atEveryProvider<Result: Sendable>(
    _ providers: [ProviderID],
    _ body: @escaping @Sendable (ProviderID) async throws -> Result
) async throws -> [Result] {
    try await withThrowingTaskGroup(of: (Int, Swift.Result<Result, any Error>).self) { group in
        for (index, provider) in providers.enumerated() {
            group.addTask {
                do {
                    return (index, .success(try await body(provider)))
                } catch {
                    return (index, .failure(error))
                }
            }
        }
        var results = [Swift.Result<Result, any Error>?](repeating: nil, count: providers.count)
        var lost: StoreError?
        while let (index, result) = try await group.next() {
            results[index] = result
            if case .failure(let error as StoreError) = result, error.code == .lockLost {
                lost = lost ?? error
                group.cancelAll()
            }
        }
        if let lost { throw lost }
        try Task.checkCancellation()
        return try results.compactMap { try $0?.get() }
    }
}

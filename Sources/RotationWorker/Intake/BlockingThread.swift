internal import Dispatch

/// Runs blocking work on a thread of its own, to its end whatever becomes of the awaiting task.
func onThread<Result: Sendable>(
    _ label: String,
    _ body: @escaping @Sendable () throws -> Result
) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue(label: label).async {
            continuation.resume(with: Swift.Result { try body() })
        }
    }
}

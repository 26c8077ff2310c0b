/// Asks again until the answer is as wanted; false after so many tries.
func eventually(tries: Int = 30, _ isSo: () async throws -> Bool) async throws -> Bool {
    for _ in 0..<tries where try await isSo() { return true }
    return false
}

/// Asks again until the answer is as wanted; false after so many tries.
func eventually(tries: Int = 30, _ isSo: () async throws -> Bool) async throws -> Bool {
    for _ in 0..<tries where try await isSo() { return true }
    return false
}

/// Asks again for up to so long, whatever else the machine does, until the answer is as wanted.
func eventually(within limit: Duration, _ isSo: () async throws -> Bool) async throws -> Bool {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
        if try await isSo() { return true }
        // Servers and processes of others announce nothing: they are asked, and left some time to work in between.
        try await Task.sleep(for: .milliseconds(5))
    }
    return false
}

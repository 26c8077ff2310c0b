internal import Grants

/// What authenticates one client, and can be renewed when the server refuses it.
protocol ClientCredentials: Sendable {
    /// What to send now.
    func current() async throws(CallFailure) -> Presentation

    /// What to send after the server refused that generation; nil if nothing is different now.
    func renewed(after generation: Int) async throws(CallFailure) -> Presentation?
}

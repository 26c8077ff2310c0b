internal import Grants

/// A client whose secret is itself an access token has nothing to show at the token endpoint.
struct NoCredentials: ClientCredentials {
    let client: ClientID

    func current() async throws(CallFailure) -> Presentation {
        throw CallFailure(
            .credentials,
            "client '\(client)' authenticates with a bearer token, which cannot ask for another token; "
                + "configure a canary's token instead"
        )
    }

    func renewed(after generation: Int) async throws(CallFailure) -> Presentation? { nil }
}

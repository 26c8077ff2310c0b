internal import ArgumentParser
internal import Grants
internal import Scopes

/// For whom scopes are asked for.
struct RequestContextOptions: ParsableArguments {
    @Option(help: "The tenant.")
    var tenant: String?
    @Option(help: "The client.")
    var client: String?
    @Option(help: "The provider, by whose names scopes are called.")
    var provider: String?
    @Option(help: "The role; without it all of the client's.")
    var role: String?
    @Option(help: "A step that they are for; without it all of the role's.")
    var step: [String] = []
    @Option(help: "Where the client runs.")
    var environment: String?

    var isGiven: Bool {
        !step.isEmpty || [tenant, client, provider, role, environment].contains { $0 != nil }
    }

    /// A request with what it did not say itself, as if it were said where the request begins.
    func completing(_ request: RequestedScopes) -> RequestedScopes {
        func placed<Name: Identifier>(_ name: String?) -> Placed<Name>? {
            name.map { Placed(Name($0), at: request.place) }
        }
        var request = request
        request.tenant = request.tenant ?? placed(tenant)
        request.client = request.client ?? placed(client)
        request.provider = request.provider ?? placed(provider)
        request.role = request.role ?? placed(role)
        request.environment = request.environment ?? placed(environment)
        if request.steps.isEmpty { request.steps = step.compactMap { placed($0) } }
        return request
    }
}

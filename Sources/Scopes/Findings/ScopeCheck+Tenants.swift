internal import Grants

extension ScopeCheck {
    func tenantFindings() -> [ScopeFinding] {
        var findings = duplicates(model.documents.tenants.map(\.id), "tenant")
        for tenant in model.documents.tenants {
            findings += environmentFindings(tenant)
            var clients: Set<ClientKey> = []
            for client in tenant.clients {
                let key = ClientKey(provider: client.provider.value, client: client.id.value)
                guard !clients.insert(key).inserted else { continue }
                findings.append(
                    ScopeFinding(
                        .duplicateName,
                        at: client.id.place,
                        "the client '\(key.client)' of '\(key.provider)' is defined twice for '\(tenant.id.value)'",
                        why: "only its first definition counts",
                        fix: ScopeFinding.Fix("make them one"),
                        subject: ScopeFinding.Subject(tenant: tenant.id.value, client: key.client)
                    )
                )
            }
            guard tenant.clients.isEmpty else { continue }
            findings.append(withoutRole("the tenant '\(tenant.id.value)' has no client", tenant, nil))
        }
        var assignments = AssignmentCheck(self)
        for integration in model.integrations {
            findings += assignments.findings(on: integration)
        }
        return findings + sharedEnvironments()
    }

    func withoutRole(_ message: String, _ tenant: TenantAssignment, _ client: ClientAssignment?) -> ScopeFinding {
        ScopeFinding(
            .tenantWithoutRole,
            at: client?.id.place ?? tenant.id.place,
            message,
            why: "without a role there is no policy to judge its grants by",
            fix: ScopeFinding.Fix(
                client == nil ? "give it a client with a role" : "give it a role of roles.yaml"
            ),
            subject: ScopeFinding.Subject(tenant: tenant.id.value, client: client?.id.value)
        )
    }

    /// A client of the provider has one secret: what leaks in the sandbox opens production.
    private func sharedEnvironments() -> [ScopeFinding] {
        var first: [ClientKey: Integration] = [:]
        var findings: [ScopeFinding] = []
        for integration in model.integrations {
            guard let environment = integration.environment else { continue }
            let key = ClientKey(provider: integration.provider, client: integration.client)
            guard let other = first[key] else {
                first[key] = integration
                continue
            }
            guard let known = other.environment, known != environment else { continue }
            findings.append(
                ScopeFinding(
                    .environmentMismatch,
                    at: integration.assignment.id.place,
                    "the client '\(key.client)' runs in '\(environment)' here and in '\(known)' for '\(other.tenantID)'",
                    why: "what leaks in one environment opens the other (\(other.assignment.id.place))",
                    fix: ScopeFinding.Fix("register a client for each environment"),
                    subject: ScopeFinding.Subject(tenant: integration.tenantID, client: key.client)
                )
            )
        }
        return findings
    }

    private func environmentFindings(_ tenant: TenantAssignment) -> [ScopeFinding] {
        var findings: [ScopeFinding] = []
        for environment in [tenant.environment] + tenant.clients.map(\.environment) {
            guard let environment, !model.declaredEnvironments.isEmpty,
                !model.declaredEnvironments.contains(environment.value)
            else { continue }
            let fix = nearest(environment.value.rawValue, in: model.declaredEnvironments.sorted())
            // An environment that no scope is bound to is no mistake, but for one that is misspelt.
            guard fix.replacement != nil else { continue }
            findings.append(unknownEnvironment(environment, fix, ScopeFinding.Subject(tenant: tenant.id.value)))
        }
        for client in tenant.clients {
            guard let own = client.environment, let common = tenant.environment, own.value != common.value else {
                continue
            }
            findings.append(
                ScopeFinding(
                    .environmentMismatch,
                    at: own.place,
                    "the client '\(client.id.value)' runs in '\(own.value)', its tenant in '\(common.value)'",
                    why: "the grants of a tenant are of one environment (\(common.place))",
                    fix: ScopeFinding.Fix("make it '\(common.value)', or move it to a tenant of '\(own.value)'"),
                    subject: ScopeFinding.Subject(tenant: tenant.id.value, client: client.id.value)
                )
            )
        }
        return findings
    }

    func unknownEnvironment(
        _ environment: Placed<EnvironmentID>,
        _ fix: ScopeFinding.Fix,
        _ subject: ScopeFinding.Subject
    ) -> ScopeFinding {
        ScopeFinding(
            .unknownEnvironment,
            at: environment.place,
            "no document knows the environment '\(environment.value)'",
            why: "neither the catalogue nor a tenant names it",
            fix: fix,
            subject: subject
        )
    }
}

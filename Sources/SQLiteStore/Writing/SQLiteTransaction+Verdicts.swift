internal import GRDB
internal import Grants

extension SQLiteTransaction {
    /// What grants that were read one after the other mostly share, by the numbers of its words.
    struct KeptCohort {
        let tenant: TenantID
        let client: ClientID
        let role: String?
        let environment: String?
        /// nil: a word that no row has.
        let numbers: (tenant: Int64, client: Int64, role: Int64?, environment: Int64?)?

        init(_ grant: Grant, _ words: Words) throws {
            (tenant, client, role, environment) = (grant.tenant, grant.client, grant.role, grant.environment)
            let (role, environment) = (try role.map(words.number), try environment.map(words.number))
            guard let tenant = try words.number(tenant.rawValue), let client = try words.number(client.rawValue),
                role != .some(nil), environment != .some(nil)
            else {
                numbers = nil
                return
            }
            numbers = (tenant, client, role.flatMap(\.self), environment.flatMap(\.self))
        }

        func isOf(_ grant: Grant) -> Bool {
            grant.tenant == tenant && grant.client == client
                && grant.role.map(ExactText.init) == role.map(ExactText.init)
                && grant.environment.map(ExactText.init) == environment.map(ExactText.init)
        }
    }

    func keepActive(_ read: StoredGrant, at now: Timestamp, askAt: Timestamp) throws -> Bool {
        let grant = read.grant
        guard read.isPlainlyActive, let verdictAt = grant.validity.lastVerdictAt else { return false }
        let cohort =
            if let kept = keptCohort, kept.isOf(grant) { kept } else { try KeptCohort(grant, words) }
        keptCohort = cohort
        guard let numbers = cohort.numbers else { return false }
        let changed = try keepingActive.on(db).run { values in
            values.add(read.row)
            values.add(askAt.milliseconds)
            values.add(now.milliseconds)
            values.add(read.readStanding.code)
            values.add(verdictAt.milliseconds)
            values.add(grant.validity.failures)
            values.add(read.recordedAt.milliseconds)
            values.add(
                (grant.holdsAccessToken ? TokenKind.accessToken.code : 0)
                    + (grant.holdsRefreshToken ? TokenKind.refreshToken.code : 0)
            )
            values.add(grant.accessTokenExpiresAt?.milliseconds)
            values.add(numbers.tenant)
            values.add(numbers.client)
            values.add(numbers.role)
            values.add(numbers.environment)
        }
        return changed == 1
    }
}

internal import Grants

/// The numbers of grants' providers and tenants, found once for all of a cohort.
struct PlaceBook {
    /// A provider and a tenant by the numbers of their words.
    struct Place: Hashable {
        let provider: Int64
        let tenant: Int64
    }

    private struct Known {
        let provider: ProviderID
        let tenant: TenantID
        let place: Place

        func isOf(_ grant: Grant) -> Bool { grant.tenant == tenant && grant.key.provider == provider }
    }

    private static let limit = 20_000
    /// A grant is mostly asked about several times in a row.
    private var last: Known?
    /// By the cohort's number, which another reading may have given to others: looked at before it is believed.
    private var ofCohort: [Known?] = []

    /// Adds the words where they are new.
    mutating func place(of grant: Grant, cohort: Int? = nil, in words: Words) throws -> Place {
        if let last, last.isOf(grant) { return last.place }
        if let cohort, cohort < ofCohort.count, let known = ofCohort[cohort], known.isOf(grant) {
            last = known
            return known.place
        }
        let place = Place(
            provider: try words.intern(grant.key.provider.rawValue),
            tenant: try words.intern(grant.tenant.rawValue)
        )
        let known = Known(provider: grant.key.provider, tenant: grant.tenant, place: place)
        last = known
        guard let cohort, cohort < Self.limit else { return place }
        if cohort >= ofCohort.count { ofCohort += repeatElement(nil, count: cohort + 1 - ofCohort.count) }
        ofCohort[cohort] = known
        return place
    }
}

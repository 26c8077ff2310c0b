/// Grants with which nothing goes on: they cannot be ended, or judged, or it cannot be learned whether they live.
///
/// Counted by whose they are, up to ``mostCounted`` in each partition: reading it costs milliseconds.
package struct Standstill: Hashable, Sendable {
    /// Of each partition.
    package static let mostCounted = 1_000

    /// Whose the grants are.
    package struct Holder: Hashable, Sendable {
        package var provider: ProviderID
        package var tenant: TenantID
        package var client: ClientID

        package init(provider: ProviderID, tenant: TenantID, client: ClientID) {
            self.provider = provider
            self.tenant = tenant
            self.client = client
        }
    }

    /// Grants of one holder about which the same is not known.
    package struct Unknown: Hashable, Sendable {
        package var holder: Holder
        package var role: String?
        package var environment: String?
        /// nil: of a version that knows more reasons.
        package var why: UnknownReason?
        package var count: Int
        /// The longest of them.
        package var since: Timestamp

        package init(
            holder: Holder,
            role: String?,
            environment: String?,
            why: UnknownReason?,
            count: Int,
            since: Timestamp
        ) {
            self.holder = holder
            self.role = role
            self.environment = environment
            self.why = why
            self.count = count
            self.since = since
        }
    }

    /// Live, their end is due, and it cannot be carried out.
    package var unrevocable: [Holder: Int] = [:]
    /// Live, and no evidence covered them when they were judged last.
    package var unjudged: [Holder: Int] = [:]
    package var unknown: [Unknown] = []
    /// Ended, and a sign of life was found since; no more than ``mostCounted`` are counted.
    package var resurfaced = 0

    package init() {}
}

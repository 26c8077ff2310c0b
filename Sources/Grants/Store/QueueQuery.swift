/// A tenant's share of a provider's questions or revocations, in the order of their time.
package struct QueueQuery: Hashable, Sendable {
    /// What was read last; the next page begins after it.
    package struct Place: Hashable, Sendable {
        package var at: Timestamp
        package var row: Int64

        package init(at: Timestamp, row: Int64) {
            self.at = at
            self.row = row
        }
    }

    package var provider: ProviderID
    package var tenant: TenantID
    /// nil: any.
    package var client: ClientID?
    /// Inactive answers to be confirmed and orders given by hand; else all others.
    package var isUrgent: Bool
    package var dueBy: Timestamp
    /// nil: from the longest overdue on.
    package var after: Place?
    /// The provider is held: only orders by hand that go on all the same.
    package var isHeld = false

    package init(
        provider: ProviderID,
        tenant: TenantID,
        client: ClientID?,
        isUrgent: Bool,
        dueBy: Timestamp,
        after: Place? = nil
    ) {
        self.provider = provider
        self.tenant = tenant
        self.client = client
        self.isUrgent = isUrgent
        self.dueBy = dueBy
        self.after = after
    }
}

/// Orders that were tried and wait for their next try.
package struct OrdersBackingOff: Hashable, Sendable {
    package var count = 0
    /// The earliest next try; nil where there is none.
    package var firstTryAt: Timestamp?

    package init() {}
}

/// What there is to ask about in one partition.
package struct QuestionCounts: Hashable, Sendable {
    /// Live grants that are asked about at all.
    package var askable: Int
    package var due: Int

    package init(askable: Int, due: Int) {
        self.askable = askable
        self.due = due
    }
}

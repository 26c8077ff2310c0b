internal import Grants

extension ProviderRound {
    /// Whether a batch got through to the provider.
    struct Outage {
        /// nil: it did.
        var why: UnknownReason?
        var retryAfter: Duration?
        var words = "it stopped answering"
        /// What is known was not answered either: silence says nothing about a single grant.
        private var isOfAll = false

        init(of answers: [IntrospectionAnswer?], _ after: ProviderProbe.Reading) {
            let given = answers.compactMap(\.self)
            if let refused = given.first(where: { !$0.wasSent }) {
                (why, retryAfter) = (.rateLimited, refused.retryAfter)
                words = refused.detail ?? "it wants no requests"
            } else if !given.isEmpty, given.allSatisfy({ $0.outcome.why?.isNoAnswer == true }) {
                why = given.last?.outcome.why
                retryAfter = given.compactMap(\.retryAfter).max()
            }
            isOfAll = why != nil && after.unreachable != nil
        }

        func swallows(_ answer: IntrospectionAnswer) -> Bool {
            !answer.wasSent || (isOfAll && answer.outcome.why?.isNoAnswer == true)
        }
    }
}

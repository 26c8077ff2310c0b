internal import Grants

/// A provider's breaker, as the jobs of one run see it: kept in the store, so that it outlives them.
struct Breaker: Sendable {
    private let provider: ProviderID
    /// A person waits: what is known is asked at once, and no try is held against the provider before its time.
    private let isByHand: Bool
    private(set) var record: BreakerRecord?

    init(of provider: ProviderID, isByHand: Bool, _ reading: any StoreReading) throws {
        self.provider = provider
        self.isByHand = isByHand
        record = try reading.breakers()[provider]
    }

    /// Why the provider is not even probed now; nil: it is.
    func refusal(at now: Timestamp) -> String? {
        guard let record, !isByHand, !record.mayTry(at: now) else { return nil }
        return record.words
    }

    /// What is known was not answered, or nothing of a batch got through.
    mutating func open(
        because why: UnknownReason,
        retryAfter: Duration?,
        at now: Timestamp,
        in writing: any StoreWriting
    ) throws {
        // Somebody else may have tried meanwhile: one outage is counted once.
        let present = try writing.breakers()[provider]
        if let present, !present.mayTry(at: now) {
            record = present
            return
        }
        let opened = BreakerRecord.opened(after: present, of: provider, at: now, because: why, retryAfter: retryAfter)
        try writing.setBreaker(opened, of: provider)
        record = opened
    }

    /// It answered what is known.
    mutating func close(in writing: any StoreWriting) throws {
        try writing.setBreaker(nil, of: provider)
        record = nil
    }

    /// Why nobody was asked, with what comes next.
    func words(_ detail: String) -> String {
        record.map { "\(detail); asked again at \($0.retryAt)" } ?? detail
    }
}

extension UnknownReason {
    /// Nothing came back that is about the question.
    var isNoAnswer: Bool { [.timeout, .network, .rateLimited, .serverError, .discovery].contains(self) }
}

extension IntrospectionAnswer.Outcome {
    /// nil: it is an answer.
    var why: UnknownReason? { if case .unknown(let why) = self { why } else { nil } }
}

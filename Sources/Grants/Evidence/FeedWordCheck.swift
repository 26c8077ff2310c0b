/// Whether uses of one name break the word of the feed that tells of them.
///
/// A feed that said it had seen everything until an instant must not bring a use of before it that nobody knew; and no
/// grant was used before it was issued. A replay of what is known breaks nothing.
package struct FeedWordCheck: Sendable {
    private static let tolerance = Duration.minutes(5)

    /// The first and the last of the uses; what lies between is not looked at.
    private let uses: (first: Timestamp, last: Timestamp)
    /// How far the feed said it had observed, and was believed; nil: never.
    private let observedUntil: Timestamp?
    private var namesGrant = false
    private var isFirstOfGrant = false
    private var isLastOfGrant = false
    private var isFirstNews = false
    private var isLastNews = false

    package init(first: Timestamp, last: Timestamp, observedUntil: Timestamp?) {
        uses = (min(first, last), last)
        self.observedUntil = observedUntil
    }

    /// A grant that the uses name, as it was known before them.
    package mutating func hear(issuedAt: Timestamp, lastUsedAt: Timestamp?) {
        namesGrant = true
        hear(uses.first, issuedAt, lastUsedAt, &isFirstOfGrant, &isFirstNews)
        hear(uses.last, issuedAt, lastUsedAt, &isLastOfGrant, &isLastNews)
    }

    private func hear(
        _ use: Timestamp,
        _ issuedAt: Timestamp,
        _ lastUsedAt: Timestamp?,
        _ isOfGrant: inout Bool,
        _ isNews: inout Bool
    ) {
        // Not this grant's, if it was issued later; it may be another's that is named. One that was used before its record's
        // `issued_at` was known before: a new consent under the same id.
        guard use >= min(issuedAt, lastUsedAt ?? issuedAt) - Self.tolerance else { return }
        isOfGrant = true
        if lastUsedAt.map({ use > $0 }) ?? true { isNews = true }
    }

    /// Why the first use, or else the last, breaks the word; nil: neither does.
    package var breach: String? {
        guard namesGrant else { return nil }
        return breach(uses.first, isFirstOfGrant, isFirstNews) ?? breach(uses.last, isLastOfGrant, isLastNews)
    }

    /// Whether both do, and so all that lie between them.
    package var isOfAll: Bool {
        breach(uses.first, isFirstOfGrant, isFirstNews) != nil && breach(uses.last, isLastOfGrant, isLastNews) != nil
    }

    private func breach(_ use: Timestamp, _ isOfGrant: Bool, _ isNews: Bool) -> String? {
        guard isOfGrant else { return "a use at \(use), before every grant that it names was issued" }
        guard let observedUntil, use <= observedUntil, isNews else { return nil }
        return "a use at \(use) that was not known, although the feed had observed until \(observedUntil)"
    }
}

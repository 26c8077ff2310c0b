internal import GRDB
internal import Grants

/// The columns that contradict or cast doubt on a grant's state.
///
/// They are NULL for most grants; those rows have `is_plain = 1`, and the columns are not read.
extension GrantRow {
    private static let findings = """
        SELECT active_at, inactive_answer_at, unknown_why, unknown_since, contradicted_end, resurfaced_at, settled_at,
        told_scopes, told_scopes_kind FROM states WHERE row = ?
        """

    static func readFindings(ofRow row: Int64, into grant: inout Grant, _ words: Words) throws {
        var told: (scopes: Int64, kind: Int64?)?
        func read(_ found: HotRow) {
            func time(_ column: Int32) -> Timestamp? {
                found.numberIfAny(column).map(Timestamp.init(milliseconds:))
            }
            grant.validity.earlierActiveAt = time(0)
            grant.validity.lastInactiveAnswerAt = time(1)
            if let since = time(3) {
                grant.validity.unknownSince = since
                grant.validity.unknownWhy = UnknownReason(rawValue: found.text(2))
            }
            grant.contradictedEnd = time(4)
            grant.resurfacedAt = time(5)
            grant.settledAt = time(6)
            told = found.numberIfAny(7).map { ($0, found.numberIfAny(8)) }
        }
        try HotStatement(words.db, findings).forEach({ $0.add(row) }, read)
        guard let told else { return }
        grant.toldScopes = ScopeSet(joined: try words.text(told.scopes))
        grant.toldScopesKind = told.kind.map { TokenKind(code: Int($0)) }
    }
}

extension Grant {
    /// Whether none of the values that ``GrantRow/readFindings(ofRow:into:_:)`` reads is set.
    var isPlain: Bool {
        validity.earlierActiveAt == nil && validity.lastInactiveAnswerAt == nil && validity.unknownWhy == nil
            && validity.unknownSince == nil && contradictedEnd == nil && resurfacedAt == nil && settledAt == nil
            && toldScopes == nil && toldScopesKind == nil
    }
}

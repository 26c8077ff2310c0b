internal import Grants

/// The numbers that stand for words in the hot rows: append-only, never reordered.
enum StoredCodes {
    static let standings: [Standing] = [.active, .noticed, .quarantined, .revoking, .stuck, .expired, .revoked]
    static let rules: [Rule] = [
        .selfProtection, .usedAgain, .groundGone, .goneAtProvider, .exempt, .expired, .lifetime, .outOfPolicy,
        .new, .noEvidence, .unused, .keep, .cannotRevoke, .collateral, .nobodyTold, .byHand, .contradicted,
    ]
    static let proofs: [Proof] = [.proven, .acknowledged, .alreadyInactive, .announced, .observed]

    // The other way round, by the place among all cases.
    static let ofStandings = Standing.allCases.map { standings.firstIndex(of: $0) ?? 0 }
    static let ofRules = Rule.allCases.map { rules.firstIndex(of: $0) ?? 0 }
}

extension Standing {
    var code: Int { StoredCodes.ofStandings[ordinal] }
    init(code: Int) { self = StoredCodes.standings[code] }
}

extension Rule {
    var code: Int { StoredCodes.ofRules[ordinal] }
    init(code: Int) { self = StoredCodes.rules[code] }
}

extension Proof {
    var code: Int { StoredCodes.proofs.firstIndex(of: self) ?? 0 }
    init(code: Int) { self = StoredCodes.proofs[code] }
}

extension TokenKind {
    /// Also its bit in `grants.tokens`.
    var code: Int { self == .accessToken ? 1 : 2 }
    init(code: Int) { self = code == 1 ? .accessToken : .refreshToken }
}

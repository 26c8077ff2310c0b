internal import Grants

/// The numbers that stand for words in the hot rows: append-only, never reordered.
enum StoredCodes {
    static let standings: [Standing] = [.active, .noticed, .quarantined, .revoking, .stuck, .expired, .revoked]
    static let rules: [Rule] = [
        .selfProtection, .usedAgain, .groundGone, .goneAtProvider, .exempt, .expired, .lifetime, .outOfPolicy,
        .new, .noEvidence, .unused, .keep, .cannotRevoke, .collateral, .nobodyTold, .byHand,
    ]
    static let proofs: [Proof] = [.proven, .acknowledged, .alreadyInactive, .announced, .observed]
}

extension Standing {
    var code: Int { StoredCodes.standings.firstIndex(of: self) ?? 0 }
    init(code: Int) { self = StoredCodes.standings[code] }
}

extension Rule {
    var code: Int { StoredCodes.rules.firstIndex(of: self) ?? 0 }
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

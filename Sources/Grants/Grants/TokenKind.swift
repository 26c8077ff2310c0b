/// The kinds of token that RFC 7662 and RFC 7009 know, by their `token_type_hint`.
package enum TokenKind: Int, CaseIterable, Sendable, Comparable {
    case accessToken = 0
    case refreshToken = 1

    package var name: String {
        switch self {
        case .accessToken: "access_token"
        case .refreshToken: "refresh_token"
        }
    }

    package init?(name: String) {
        guard let match = TokenKind.allCases.first(where: { $0.name == name }) else { return nil }
        self = match
    }

    package static func < (lhs: TokenKind, rhs: TokenKind) -> Bool { lhs.rawValue < rhs.rawValue }
}

/// What a scope covers: most cover a handful, some nearly all.
enum CoveredScopes: Sendable {
    /// In ascending order.
    case few([Int])
    case many(ScopeSet)

    /// Beyond that many, bits take less room than numbers.
    private static let limit = 64

    init(_ set: ScopeSet) {
        self = set.count <= Self.limit ? .few(Array(set)) : .many(set)
    }

    func contains(_ number: Int) -> Bool {
        switch self {
        case .few(let numbers): numbers.contains(number)
        case .many(let set): set.contains(number)
        }
    }

    func isDisjoint(with other: ScopeSet) -> Bool {
        switch self {
        case .few(let numbers): !numbers.contains { other.contains($0) }
        case .many(let set): set.isDisjoint(with: other)
        }
    }
}

extension ScopeSet {
    mutating func formUnion(_ covered: CoveredScopes) {
        switch covered {
        case .few(let numbers):
            for number in numbers { insert(number) }
        case .many(let set): formUnion(set)
        }
    }
}

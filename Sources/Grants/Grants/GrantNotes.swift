/// What a person should know of a grant beside the decision on it.
///
/// The raw values of ``Word`` are stable: `notes` in lists and plan files.
package struct GrantNotes: OptionSet, Hashable, Sendable {
    package enum Word: String, CaseIterable, Sendable {
        /// Its own end is past, and a use or an active answer came later (rule 6b).
        case contradicted
        /// Its record holds an instant that makes no sense and counts as absent.
        case implausible
        /// It was used after its token was called inactive: the store's token is old.
        case staleToken = "stale-token"
        /// No role, an unknown tenant or an unknown scope: its scopes are not judged.
        case noPolicy = "no-policy"
        /// The provider tells more scopes than the record.
        case scopeDrift = "scope-drift"
        /// Its own end is past, and its provider has not yet called its token inactive since.
        case awaitsInactive = "awaits-inactive"
        /// It has ended, and a sign of life was found since.
        case resurfaced

        /// Its place among all words.
        var ordinal: UInt8 {
            switch self {
            case .contradicted: 0
            case .implausible: 1
            case .staleToken: 2
            case .noPolicy: 3
            case .scopeDrift: 4
            case .awaitsInactive: 5
            case .resurfaced: 6
            }
        }
    }

    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package init(_ word: Word) { rawValue = 1 << word.ordinal }

    /// Those that there are, in the order of all.
    package var words: [Word] { Word.allCases.filter { contains(GrantNotes($0)) } }

    package mutating func note(_ word: Word, if isSo: Bool = true) {
        if isSo { insert(GrantNotes(word)) }
    }

    /// A kept grant with one of these is in a plan's file, though not in its hash.
    package var areListed: Bool { !isDisjoint(with: Self.listed) }

    private static let listed: GrantNotes = [
        GrantNotes(.contradicted), GrantNotes(.implausible), GrantNotes(.awaitsInactive),
    ]
}

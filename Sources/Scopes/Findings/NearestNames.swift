internal import Grants
internal import Records
internal import Synchronization

/// Finds the nearest known word for unknown ones, each sought but once.
///
/// A document full of unknown words must not cost the product of both lists: when so many words have been compared,
/// no more are sought.
final class NearestNames: Sendable {
    private struct State {
        var found: [Key: String?] = [:]
        var budget = 300_000
    }

    private struct Key: Hashable {
        let kind: String
        let word: String
    }

    private let state = Mutex(State())

    /// nil: none is near enough, or too many have been sought already.
    func nearest(to word: String, kind: String, count: Int, in words: some Sequence<String>) -> String? {
        state.withLock { state in
            let key = Key(kind: kind, word: word)
            if let known = state.found[key] { return known }
            guard state.budget > 0 else { return nil }
            state.budget -= count
            let near = nearestWord(to: word, in: words)
            state.found[key] = .some(near)
            return near
        }
    }
}

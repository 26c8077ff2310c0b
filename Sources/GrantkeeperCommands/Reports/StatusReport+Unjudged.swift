internal import Grants

/// Grants that cannot be judged for disuse, by what keeps them from it.
extension StatusReport {
    /// What keeps grants from being judged.
    private enum Cause: Hashable {
        /// No feed covers them.
        case nothing
        /// One does, and does not observe.
        case feed(String)
        /// Their client stands still in the feed.
        case standstill(String, UnmappedUses)
    }

    private struct Unjudged: Hashable {
        var provider: ProviderID
        var cause: Cause
    }

    private var unjudged: [Unjudged: Int] {
        var found: [Unjudged: Int] = [:]
        for (holder, count) in standstill.unjudged where !isAccepted(holder, .noEvidence) {
            found[Unjudged(provider: holder.provider, cause: cause(of: holder)), default: 0] += count
        }
        return found
    }

    private func cause(of holder: Standstill.Holder) -> Cause {
        let covering = settings.feeds.filter { feed in
            feed.covers.contains { $0.includes(holder.provider, holder.tenant, holder.client) }
        }
        for feed in feeds where covering.contains(where: { $0.id == feed.id }) {
            let uses = feed.standstills.filter { $0.mayBe(of: holder.client, at: holder.provider) }
            if let first = uses.min(by: { $0.first < $1.first }) { return .standstill(feed.id, first) }
        }
        return covering.first.map { .feed($0.id) } ?? .nothing
    }

    var unjudgedNeeds: [Need] {
        var needs: [(key: String, need: Need)] = []
        for (group, count) in unjudged {
            let provider = Console.printable(group.provider.rawValue)
            let grants = "\(Console.count(count, "grant")) at \(provider) cannot be judged for disuse"
            switch group.cause {
            case .nothing:
                let hint =
                    "declare a feed under 'feeds:', or accept it under 'accepted_gaps:' (why: no-evidence); "
                    + "grantkeeper usage feeds"
                needs.append(
                    (provider, Need(code: "cannot-judge", message: grants + ": no feed covers them", hint: hint))
                )
            case .feed(let id):
                let name = Console.printable(id)
                let message = grants + ": the feed \(name), which covers them, has not observed them for too long"
                let hint = "grantkeeper usage feeds; or accept it under 'accepted_gaps:' (why: no-evidence)"
                needs.append((provider + name, Need(code: "cannot-judge", message: message, hint: hint)))
            case .standstill: continue
            }
        }
        return needs.sorted { $0.key < $1.key }.map(\.need)
    }

    /// Clients whose disuse is no longer observed because of a use that names no known grant: told once it is older than
    /// evidence may be, for a new user of yesterday is the ordinary case.
    var clientNeeds: [Need] {
        let unjudged = unjudged
        return feeds.flatMap { feed in
            feed.standstills.compactMap { uses -> Need? in
                let held = unjudged.reduce(0) { sum, entry in
                    entry.key.cause == .standstill(feed.id, uses) ? sum + entry.value : sum
                }
                let isOld = at - uses.first > settings.policy.defaults.evidenceMaxAge
                guard held > 0 || (isOld && !isAccepted(uses, in: feed.id)) else { return nil }
                let name = Console.printable(feed.id)
                let whom =
                    uses.client.map { "the client \(Console.printable($0.rawValue)) stands still in the feed \(name)" }
                    ?? "all that the feed \(name) covers stands still"
                return Need(
                    code: "client-stands-still",
                    message: whom + " since \(uses.first): \(Console.count(uses.names, "name")) of no known grant"
                        + (held > 0 ? "; \(Console.count(held, "grant")) cannot be judged for disuse" : ""),
                    hint: Console.printableLong(uses.release(in: feed.id))
                        + "; or import the grants that these uses name"
                )
            }
        }
    }

    /// Whether a gap is accepted that takes in all that stands still because of the uses.
    private func isAccepted(_ uses: UnmappedUses, in feed: String) -> Bool {
        let covered = settings.feeds.first { $0.id == feed }?.covers.map(\.provider) ?? []
        let providers = uses.provider.map { [$0] } ?? covered
        return !providers.isEmpty
            && providers.allSatisfy { provider in
                settings.acceptedGaps.contains { gap in
                    gap.why == .noEvidence && at < gap.until && gap.tenant == nil && gap.provider == provider
                        && (gap.client == nil || gap.client == uses.client)
                }
            }
    }
}

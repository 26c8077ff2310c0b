internal import Grants
internal import Records
internal import Scopes

/// What `scopes recommend` says of each client of the scope documents.
struct RecommendationReport: Sendable {
    struct Item: Sendable {
        var recommendation: Recommendation
        var live: Int
        var held: [String]
    }

    /// In the order of tenants and clients.
    private(set) var items: [Item] = []
    /// Live grants of clients that are in no document.
    private(set) var unknownGrants = 0

    init(
        _ model: ScopeModel,
        _ evidence: ScopeEvidence,
        feeds: [FeedSettings],
        selection: GrantSelection,
        window: Duration,
        now: Timestamp
    ) {
        func isSelected(_ owner: SharedGrants.Owner) -> Bool {
            (selection.tenant ?? owner.tenant) == owner.tenant
                && (selection.client ?? owner.client.client) == owner.client.client
                && (selection.provider ?? owner.client.provider) == owner.client.provider
        }
        var known: Set<SharedGrants.Owner> = []
        for tenant in model.documents.tenants {
            for client in tenant.clients {
                let key = ClientKey(provider: client.provider.value, client: client.id.value)
                let owner = SharedGrants.Owner(tenant: tenant.id.value, client: key)
                guard isSelected(owner), known.insert(owner).inserted else { continue }
                let usage = evidence.usage(of: owner, feeds: feeds, window: window, now: now)
                guard
                    let found = model.recommend(
                        for: key,
                        tenant: owner.tenant,
                        usage: usage,
                        ways: Set(NarrowingWay.allCases)
                    )
                else { continue }
                items.append(Item(recommendation: found, live: evidence.liveGrants(of: owner), held: usage.held))
            }
        }
        items.sort {
            ($0.recommendation.tenant, $0.recommendation.client) < ($1.recommendation.tenant, $1.recommendation.client)
        }
        for owner in evidence.owners where isSelected(owner) && !known.contains(owner) {
            unknownGrants += evidence.liveGrants(of: owner)
        }
    }

    // MARK: For people

    func show(on console: Console) {
        console.table(
            ["TENANT", "CLIENT", "PROVIDER", "GRANTS", "NEEDS", "EXCESS", "CONFIDENCE"],
            items.map { item in
                let found = item.recommendation
                return [
                    Console.printable(found.tenant.rawValue), Console.printable(found.client.client.rawValue),
                    Console.printable(found.client.provider.rawValue), Console.figure(item.live),
                    Self.words(found.keep.map(\.scope)), Self.words(found.excess.map(\.scope)),
                    found.confidence.rawValue,
                ]
            }
        )
        let wide = items.filter { !$0.recommendation.isMinimal }
        for line in wide.flatMap({ lines(of: $0.recommendation) }) { console.line(line) }
        if !wide.isEmpty {
            console.line()
            console.line("How a grant gets smaller:")
            for way in NarrowingWay.allCases { console.line("  \(way.rawValue): \(way.explanation)") }
        }
        console.line()
        console.line(
            "\(Console.figure(wide.count)) of \(Console.count(items.count, "client")) hold more than they need"
        )
        if unknownGrants > 0 {
            console.line("\(Console.count(unknownGrants, "live grant")) are of clients that no scope document has")
        }
    }

    private func lines(of found: Recommendation) -> [String] {
        let evidence =
            found.window.map { "the feeds observed it from \(Self.day($0.from)) to \(Self.day($0.until))" }
            ?? "no feed told which scopes it uses, so nothing is known to be unused"
        var lines = [
            "",
            "\(Console.printable(found.tenant.rawValue))/\(Console.printable(found.client.client.rawValue)) at "
                + "\(Console.printable(found.client.provider.rawValue)): confidence \(found.confidence.rawValue), \(evidence)",
        ]
        for kept in found.keep {
            var reasons = kept.steps.isEmpty ? [] : ["for \(kept.steps.map(\.rawValue).joined(separator: ", "))"]
            if let used = kept.lastUsed { reasons.append("used \(Self.day(used))") }
            if kept.isOutsidePolicy {
                reasons.append("nothing allows it: give the client a role with it, or stop using it")
            }
            lines.append("  keep    \(Console.printable(kept.scope))  (\(reasons.joined(separator: "; ")))")
        }
        for excess in found.excess {
            var reasons: [String] = []
            if excess.isImplied {
                reasons.append("another scope implies it")
            } else {
                reasons.append(
                    excess.instead.isEmpty ? "nothing of it is needed" : "needed of it: \(Self.words(excess.instead))"
                )
            }
            if let risk = excess.risk { reasons.append("\(risk.rawValue) risk") }
            reasons.append(excess.lastUsed.map { "used \(Self.day($0))" } ?? "never seen used")
            lines.append("  excess  \(Console.printable(excess.scope))  (\(reasons.joined(separator: "; ")))")
        }
        if !found.unknown.isEmpty {
            lines.append("  unknown \(Self.words(found.unknown))  (not in the catalogue; nothing is said of it)")
        }
        return lines
    }

    private static func words(_ words: [String]) -> String {
        words.isEmpty ? "–" : words.map { Console.printable($0) }.joined(separator: " ")
    }

    private static func day(_ instant: Timestamp) -> String { String("\(instant)".prefix(10)) }

    // MARK: JSON

    var json: [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.array("clients") { writer in
                for item in items { writer.add(item) }
            }
            writer.member("grants_without_document", unknownGrants)
            writer.array("ways") { writer in
                for way in NarrowingWay.allCases {
                    writer.object { writer in
                        writer.member("way", way.rawValue)
                        writer.member("shrinks_grant", way.shrinksGrant)
                        writer.member("explanation", way.explanation)
                    }
                }
            }
        }
        return writer.bytes
    }
}

extension JSONWriter {
    fileprivate mutating func add(_ item: RecommendationReport.Item) {
        let found = item.recommendation
        object { writer in
            writer.member("tenant", found.tenant.rawValue)
            writer.member("provider", found.client.provider.rawValue)
            writer.member("client", found.client.client.rawValue)
            writer.member("grants", item.live)
            writer.member("held", item.held)
            writer.array("keep") { writer in
                for kept in found.keep {
                    writer.object { writer in
                        writer.member("scope", kept.scope)
                        writer.member("steps", kept.steps.map(\.rawValue))
                        writer.member("last_used_at", time: kept.lastUsed?.milliseconds)
                        writer.member("outside_policy", kept.isOutsidePolicy)
                    }
                }
            }
            writer.array("excess") { writer in
                for excess in found.excess {
                    writer.object { writer in
                        writer.member("scope", excess.scope)
                        writer.member("instead", excess.instead)
                        writer.member("last_used_at", time: excess.lastUsed?.milliseconds)
                        writer.member("risk", excess.risk?.rawValue)
                        writer.member("implied", excess.isImplied)
                    }
                }
            }
            writer.member("unused_needs", found.unusedNeeds)
            writer.member("unknown", found.unknown)
            writer.member("confidence", found.confidence.rawValue)
            writer.member("coverage", found.coverage)
            writer.member("observed_from", time: found.window?.from.milliseconds)
            writer.member("observed_until", time: found.window?.until.milliseconds)
            writer.member("ways", found.ways.map(\.rawValue))
        }
    }
}

internal import Grants
internal import Records

extension Doctor {
    /// Names in the store that cannot be told apart by eye, or have what cannot be seen.
    static func names(in store: any GrantStore) async throws -> [Finding] {
        let limit = 20
        let unfit = try await store.read { try $0.unfitNames(limit: limit + 1) }
        var findings = unfit.prefix(limit).map { name in
            let what =
                name.hasTwin
                ? "looks the same as another in the store, and no selection covers both"
                : "is not in Unicode's form NFC, or has characters that cannot be seen"
            return Finding(name: "names", ok: false, detail: "the \(name.kind.rawValue) '\(name.name.spelled)' \(what)")
        }
        if unfit.count > limit { findings.append(Finding(name: "names", ok: false, detail: "and more such names")) }
        return findings
    }

    /// What keeps a feed from moving, beside its age.
    static func trouble(of feed: FeedRecord?, _ settings: FeedSettings, _ unread: [UnreadInput]) -> String? {
        var parts: [String] = []
        let left = unread.filter { !$0.mayBeRead && $0.mayBe(of: settings.id) }
        if let first = left.first {
            parts.append("\(Console.count(left.count, "input")) not read to its end (\(first.place): \(first.problem))")
        }
        guard let feed else { return parts.isEmpty ? nil : parts[0] + "; see 'usage feeds'" }
        if feed.unreadable > settings.maxUnreadable {
            let first = feed.firstUnreadable.map { " (\($0.place): \($0.problem))" } ?? ""
            parts.append("\(Console.figure(feed.unreadable)) lines since its last move cannot be read\(first)")
        }
        if !feed.unmappedUses.isEmpty {
            parts.append(
                "\(Console.count(feed.unmappedUses.count, "client")) stand still because of uses of no known grant"
            )
        }
        return parts.isEmpty ? nil : parts.joined(separator: "; ") + "; see 'usage feeds'"
    }
}

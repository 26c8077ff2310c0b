import Grants
import SQLiteStore
import Testing

/// What walks, pages and groups.
@Suite struct QueryTests {
    private static func filled(_ house: StoreHouse) async throws -> SQLiteGrantStore {
        let store = try await house.open()
        for provider in ["b-idp", "a-idp"] as [ProviderID] {
            for id in ["2", "10", "1", "ä"] {
                try await store.add(grant(id, at: provider, tenant: id == "2" ? "globex" : "acme"))
            }
        }
        return store
    }

    @Test func `a walk goes in key order over all providers, and pages give the same`() async throws {
        let house = StoreHouse()
        let store = try await Self.filled(house)
        let walked = try await store.read { reading in
            var keys: [Grant.Key] = []
            try reading.forEach(.all, in: GrantSelection()) { keys.append($0.grant.key) }
            return keys
        }
        #expect(walked == walked.sorted())
        #expect(walked.map(\.description).first == "a-idp/1" && walked.count == 8)
        for limit in 1...9 {
            let paged = try await store.read { reading in
                var keys: [Grant.Key] = []
                while true {
                    let page = try reading.page(.all, in: GrantSelection(), after: keys.last, limit: limit)
                    if page.isEmpty { return keys }
                    keys += page.map(\.grant.key)
                }
            }
            #expect(paged == walked, "pages of \(limit)")
        }
        await store.close()
    }

    @Test func `a selection narrows walk, page and count alike`() async throws {
        let house = StoreHouse()
        let store = try await Self.filled(house)
        for selection in [
            GrantSelection(tenant: "globex"), GrantSelection(provider: "a-idp"), GrantSelection(client: "portal"),
            GrantSelection(tenant: "globex", provider: "b-idp"), GrantSelection(tenant: "nobody"),
            GrantSelection(provider: "nowhere"),
        ] {
            let (walked, paged, counted) = try await store.read { reading in
                var walked = 0
                try reading.forEach(.live, in: selection) { stored in
                    #expect(selection.includes(stored.grant))
                    walked += 1
                }
                return (
                    walked, try reading.page(.live, in: selection, after: nil, limit: 100).count,
                    try reading.count(.live, in: selection)
                )
            }
            #expect(walked == paged && walked == counted, "\(selection.words)")
        }
        await store.close()
    }

    @Test func `a shared token or provider grant id makes one family, across what there was`() async throws {
        let house = StoreHouse()
        let store = try await house.open()
        let rows = try await store.write { writing in
            var rows: [String: Int64] = [:]
            for (id, token, reference, family) in [
                ("g-1", "t-1", nil, "f-1"), ("g-2", "t-2", "c-1", nil), ("g-3", "t-1", "c-1", "f-2"),
                ("g-4", "t-4", nil, "f-2"), ("g-5", "t-5", nil, nil), ("g-6", "t-6", "c-6", nil),
                ("g-7", "t-7", "c-6", nil),
            ] as [(String, String, String?, String?)] {
                var new = grant(id)
                new.providerGrantID = reference
                new.family = try family.map { try writing.family(named: $0, at: "idp") }
                let stored = try writing.insert(new, tokens: [.refreshToken: Secret(token)], at: start)
                try writing.joinFamilies(of: stored.row, at: start)
                rows[id] = stored.row
            }
            // The same token at another provider is another consent.
            let foreign = try writing.insert(
                grant("g-1", at: "idp-2"),
                tokens: [.refreshToken: Secret("t-1")],
                at: start
            )
            try writing.joinFamilies(of: foreign.row, at: start)
            rows["foreign"] = foreign.row
            return rows
        }
        let families = try await store.read { reading in
            try rows.mapValues { try reading.grant(row: $0)?.grant.family }
        }
        let joined = ["g-1", "g-2", "g-3"].map { families[$0] ?? nil }
        #expect(joined[0] != nil && joined.allSatisfy { $0 == joined[0] })
        #expect(families["g-5"] == .some(nil) && families["foreign"] == .some(nil))
        #expect(families["g-6"] == families["g-7"] && families["g-6"] != .some(nil))
        let members = try await store.read { try $0.members(ofFamily: joined[0] ?? 0, limit: 10).map(\.grant.key.id) }
        #expect(Set(members).isSuperset(of: ["g-1", "g-2", "g-3"]))
        await store.close()
    }

    @Test func `a feed's move makes due only what waited, everything else makes all of it due`() async throws {
        let house = StoreHouse()
        let store = try await Self.filled(house)
        let later = start + .days(30)
        try await store.write { writing in
            for stored in try writing.page(.all, in: GrantSelection(), after: nil, limit: 100) {
                let waits = stored.grant.key.id == "1"
                try writing.postpone(
                    row: stored.row,
                    from: stored.dueAt,
                    to: Deadline(dueAt: later, waitsForEvidence: waits),
                    keptBy: waits ? .noEvidence : .keep
                )
            }
        }
        func due(_ selection: GrantSelection = GrantSelection()) async throws -> [String] {
            try await store.read { try $0.page(.due(start), in: selection, after: nil, limit: 100) }
                .map(\.grant.key.description)
        }
        let none = try await due()
        #expect(none.isEmpty)
        let unjudgeable = try await store.read { try $0.unjudgeable(in: GrantSelection()) }
        #expect(unjudgeable == 2)
        try await store.write { try $0.makeDue(in: GrantSelection(provider: "a-idp"), onlyWaiting: true, at: start) }
        let waiting = try await due()
        #expect(waiting == ["a-idp/1"])
        try await store.write { try $0.makeDue(in: GrantSelection(tenant: "globex"), onlyWaiting: false, at: start) }
        let all = try await due(GrantSelection(tenant: "globex"))
        #expect(all == ["a-idp/2", "b-idp/2"])
        await store.close()
    }

    @Test func `a postponed grant that something else made due meanwhile stays due`() async throws {
        let house = StoreHouse()
        let store = try await house.open()
        let row = try await store.add(grant("g-1"))
        try await store.write { try $0.makeDue(in: GrantSelection(), onlyWaiting: false, at: start - .hours(1)) }
        try await store.write { writing in
            try writing.postpone(
                row: row,
                from: start,
                to: Deadline(dueAt: start + .days(9), waitsForEvidence: false),
                keptBy: .keep
            )
        }
        let due = try await store.read { try $0.grant(row: row)?.dueAt }
        #expect(due == start - .hours(1))
        await store.close()
    }
}

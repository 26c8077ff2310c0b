import Grants
import GrantsTestSupport
import Scopes
import Testing

struct RecommendationTests {
    private let day = Int64(86_400_000)

    private func usage(
        held: [String],
        used: [String: Int64],
        days: ClosedRange<Int64>? = 100...200,
        coverage: Double = 1
    ) -> ScopeUsage {
        ScopeUsage(
            held: held,
            lastUsed: used.mapValues { Timestamp(milliseconds: $0 * day) },
            window: days.map {
                Window(
                    from: Timestamp(milliseconds: $0.lowerBound * day),
                    until: Timestamp(milliseconds: $0.upperBound * day)
                )
            },
            coverage: coverage
        )
    }

    private func recommend(_ client: ClientID, _ tenant: TenantID, _ usage: ScopeUsage) throws -> Recommendation {
        let model = Sheet.procurement().model
        return try #require(
            model.recommend(for: ClientKey(provider: "idp", client: client), tenant: tenant, usage: usage)
        )
    }

    @Test func `What is used and what steps need is kept, the rest is excess`() throws {
        let found = try recommend(
            "portal",
            "acme",
            usage(held: ["ticket.write", "invoice.read", "ticket.comment"], used: ["ticket.read": 150])
        )
        #expect(found.keep.map(\.scope) == ["ticket.comment"])
        #expect(found.keep[0].steps == ["answer"])
        #expect(found.keep[0].lastUsed == Timestamp(milliseconds: 150 * day))
        #expect(found.excess.map(\.scope) == ["invoice.read", "ticket.write"])
        #expect(found.excess.map(\.instead) == [[], ["ticket.comment"]])
        #expect(found.unusedNeeds == ["ticket.comment"])
        #expect(found.confidence == .high)
    }

    @Test func `A use that nothing allows is kept and marked, one before the window is not`() throws {
        let held = ["ticket.write", "ticket.comment", "ticket.read"]
        let inside = try recommend("portal", "acme", usage(held: held, used: ["ticket.write": 150]))
        #expect(inside.keep.map(\.scope) == ["ticket.write"])
        #expect(inside.keep[0].isOutsidePolicy)
        #expect(inside.excess.allSatisfy { $0.isImplied })
        let before = try recommend("portal", "acme", usage(held: held, used: ["ticket.write": 50]))
        #expect(before.keep.map(\.scope) == ["ticket.comment"])
        #expect(before.excess.first { $0.scope == "ticket.write" }?.lastUsed == Timestamp(milliseconds: 50 * day))
    }

    @Test(
        arguments: [
            (100...200, 1.0, .high), (100...200, 0.9, .medium), (100...140, 1, .medium), (100...120, 1, .low),
            (100...200, 0.5, .low), (nil, 1, .none), (100...200, 0, .none),
        ] as [(ClosedRange<Int64>?, Double, Recommendation.Confidence)]
    )
    func `Confidence comes from how much was seen for how long`(
        days: ClosedRange<Int64>?,
        coverage: Double,
        confidence: Recommendation.Confidence
    ) throws {
        let found = try recommend("portal", "acme", usage(held: [], used: [:], days: days, coverage: coverage))
        #expect(found.confidence == confidence)
    }

    @Test func `What is not in the catalogue is named and not judged`() throws {
        let found = try recommend("portal", "acme", usage(held: ["openid", "ticket.comment"], used: ["email": 150]))
        #expect(found.unknown == ["email", "openid"])
        #expect(found.excess.isEmpty && found.isMinimal)
    }

    @Test func `Only a new authorization makes a grant smaller`() {
        #expect(NarrowingWay.allCases.filter(\.shrinksGrant) == [.reconsent, .replace])
        #expect(
            Sheet.procurement().model.recommend(
                for: ClientKey(provider: "idp", client: "ghost"),
                tenant: "acme",
                usage: usage(held: [], used: [:])
            ) == nil
        )
    }

    @Test(arguments: (0..<4).map { _ in UInt64.random(in: 0...UInt64.max) })
    func `The set covers needs and uses, and is the smallest that does`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for round in 0..<40 {
            let sheet = Sheet.random(&random)
            let (model, slow) = (sheet.model, SlowReference(documents: sheet.documents))
            let names = slow.names.sorted()
            let words = names.map { model.word(for: $0, at: "p") }
            let used = Sheet.some(of: words, upTo: 3, &random)
            let held = Sheet.some(of: words, upTo: 5, &random)
            let evidence = usage(held: held, used: Dictionary(used.map { ($0, 150) }) { first, _ in first })
            let tenant = sheet.documents.tenants[0]
            let client = tenant.clients[0]
            let key = ClientKey(provider: "p", client: client.id.value)
            let found = try #require(model.recommend(for: key, tenant: tenant.id.value, usage: evidence))
            let must = slow.closure(
                used.reduce(into: slow.allowed(tenant, client)) { $0.formUnion(slow.meant($1, "p")) }
            )
            // Of scopes that cover each other any may stand for them all; a word may stand for more than is needed.
            let kept = found.keep.reduce(into: Set<ScopeName>()) { $0.formUnion(slow.meant($1.scope, "p")) }
            #expect(must.isSubset(of: slow.closure(kept)), "seed \(seed) round \(round)")
            #expect(found.keep.count == slow.minimalCover(must).count, "seed \(seed) round \(round)")
            for word in held where !slow.meant(word, "p").isSubset(of: must) {
                #expect(found.excess.contains { $0.scope == word }, "seed \(seed) round \(round) \(word)")
            }
        }
    }
}

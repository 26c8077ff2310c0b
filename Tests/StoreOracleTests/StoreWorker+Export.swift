import Grants
import RotationWorker

@testable import oracle

/// The nightly export, as records that the real import reads.
extension StoreWorker {
    /// One of the second provider that is in use every day keeps the feed healthy.
    func recordLively() async throws {
        let issued = Core.time(world.begins - 300 * Span.day)
        let line =
            #"{"id":"g-lively","provider":"other","tenant":"acme","client":"lively","scopes":["ticket.read"],"#
            + #""issued_at":"\#(issued)","refresh_token":"lively"}"#
        _ = try await installation.importing([line])
    }

    /// What the server knew `exportAge` ago.
    mutating func takeExport() async throws {
        let (now, asOf) = (clock.truth, clock.truth - world.exportAge)
        let people = installation.events.people
        var records: [(id: String, tokens: Set<String>, line: String)] = []
        for one in people {
            guard let consent = one.consent(at: asOf), one.consents[consent].isAlive(at: asOf) else { continue }
            records.append(record(one, consent, asOf: asOf))
        }
        let before = try await installation.everything()
        let report = try await installation.importing(records.map(\.line))
        guard report.isImported || records.isEmpty else {
            watch.note("an export was refused: \(report.bad) bad records")
            if clock.offset > -5 * Span.minute { watch.fail("(e) an export was refused: \(report.bad) bad records") }
            return
        }
        watch.count("records", records.count)
        let after = try await installation.everything()
        let beganAnew = Set(
            after.filter { $0.grant.standing != .expired && $0.grant.standing != .revoked }.map(\.grant.key.id)
        )
        for record in records {
            let isNew = !record.tokens.isSubset(of: hadTokens[record.id] ?? [])
            hadTokens[record.id, default: []].formUnion(record.tokens)
            guard let ended = before.first(where: { $0.grant.key.id == record.id }), ended.endedAt != nil,
                ended.grant.standing == .expired || ended.grant.standing == .revoked
            else { continue }
            if beganAnew.contains(record.id) {
                watch.count("new lives")
            } else {
                let clock = clock.now()
                watch.with { $0.referee.importedEnded(ended, isNew, asOf: asOf, at: now, clock) }
            }
        }
        person.unmapped = person.unmapped.filter { names($0, in: after, people).isEmpty }
        try await setExemptions(after, people)
    }

    private func record(_ person: Person, _ number: Int, asOf: Instant) -> (String, Set<String>, String) {
        let consent = person.consents[number]
        let token = consent.token(at: asOf)
        let id = Truth.id(person, number, token, in: world)
        func time(_ instant: Instant?) -> String { instant.map { "\"\(Core.time($0))\"" } ?? "null" }
        var line =
            #"{"id":"\#(id)","provider":"idp","tenant":"acme","client":"\#(Truth.client(of: person))","#
            + #""subject":"\#(World.subject(person.subject))","role":"r-\#(person.number)","#
            + #""scopes":["ticket.read"],"issued_at":\#(time(consent.givenAt))"#
        if world.successorsHaveNewIDs { line += #","family":"f-\#(person.number)-\#(number)""# }
        let tokenEnd = consent.accessTokenEnd(ofToken: token)
        line += #","access_token_expires_at":\#(person.tellsTokenEnd ? time(tokenEnd) : "null")"#
        switch person.ownEnd {
        case .none, .nonsense: line += #","expires_at":null"#
        case .atServer(let end): line += #","expires_at":\#(time(number == 0 ? end : nil))"#
        case .tokens: line += #","expires_at":\#(time(tokenEnd))"#
        }
        if world.exportTellsUse {
            line += #","observed_from":\#(time(consent.givenAt)),"observed_until":\#(time(asOf))"#
            if let used = consent.lastUse(upTo: asOf) { line += #","last_used_at":\#(time(used))"# }
        }
        var tokens: Set<String> = []
        if !person.hidesTokens {
            let access = TokenName(.access, person: person.number, consent: number, number: token).text
            tokens.insert(access)
            line += #","access_token":"\#(access)""#
            if !consent.isAccessTokenOnly, !person.hidesRefreshToken {
                let number = TokenName(
                    .refresh,
                    person: person.number,
                    consent: number,
                    number: world.refreshToken(token)
                ).text
                tokens.insert(number)
                line += #","refresh_token":"\#(number)""#
            }
        }
        return (id, tokens, line + "}")
    }

    /// Exemptions begin with the first export in their stretch.
    private func setExemptions(_ stored: [Stored], _ people: [Person]) async throws {
        let now = clock.truth
        for one in stored where one.grant.standing.isLive {
            guard let exempt = people[one.person].exempt, exempt.contains(now), one.grant.exemption == nil else {
                continue
            }
            let exemption = Exemption(owner: "o", reason: "r", until: Core.time(exempt.upperBound))
            _ = try await GateOrders(installation.environment).exempt(one.grant.key, exemption, reference: nil)
            watch.count("exempted")
        }
    }
}

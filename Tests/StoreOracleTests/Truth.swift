import Grants

@testable import oracle

/// Between the true events and what the store makes of them.
enum Truth {
    static func client(of person: Person) -> ClientID {
        person.isOurs ? Core.ownClient : Core.clients[person.client]
    }

    /// The id under which an export tells of a consent.
    static func id(_ person: Person, _ consent: Int, _ token: Int, in world: World) -> String {
        var id = "g-\(person.number)"
        if person.renamesReconsent, consent > 0 { id += "-\(consent)" }
        if world.successorsHaveNewIDs, token > 0 { id += ".\(consent).\(token)" }
        return id
    }

    /// Whose record it is; nil: of the second provider.
    static func person(ofID id: String) -> Int? {
        id.dropFirst(2).split { $0 == "-" || $0 == "." }.first.flatMap { Int($0) }
    }

    /// A stored grant with what is true of it.
    static func stored(
        _ stored: StoredGrant,
        _ tokens: [TokenKind: Secret],
        _ people: [Person],
        recordedAt: Instant,
        toldAt: Instant?
    ) -> Stored? {
        guard let number = person(ofID: stored.grant.key.id), people.indices.contains(number) else { return nil }
        let person = people[number]
        let name = (tokens[.accessToken] ?? tokens[.refreshToken]).flatMap {
            TokenName(parsing: String(decoding: $0.bytes, as: UTF8.self))
        }
        let issued = stored.grant.issuedAt.milliseconds
        let consent = name?.consent ?? person.consents.firstIndex { $0.givenAt == issued } ?? 0
        var copy = Stored(
            grant: stored.grant,
            person: number,
            consent: consent,
            token: name?.number ?? 0,
            askAt: stored.askAt ?? .distantPast,
            recordedAt: recordedAt
        )
        copy.endedAt = stored.endedAt
        copy.endedBy = stored.grant.cause
        copy.toldTrulyAt = toldAt
        let isWhole = person.consents[consent].isAccessTokenOnly
        copy.endIsMistaken = !isWhole && stored.grant.isAccessTokenOnly
        if case .tokens = person.ownEnd { copy.endIsMistaken = !isWhole }
        return copy
    }
}

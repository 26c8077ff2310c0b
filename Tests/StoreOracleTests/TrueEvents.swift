import Synchronization

@testable import oracle

/// The true events of a world, which the server's answers, the exports and the logs are made from.
final class TrueEvents: Sendable {
    let world: World
    let server: Server
    private let state: Mutex<[Person]>

    init(_ world: World) {
        self.world = world
        server = Server(world: world)
        state = Mutex((0..<world.population).map { Self.person($0, of: world) })
    }

    /// More of them are exempt for some days than in a longer world.
    private static func person(_ number: Int, of world: World) -> Person {
        var person = Person(number, of: world)
        var draw = Draw(world.seed, world.number, -9, number)
        if !world.isOrdinary, draw.chance(40) {
            let from = world.begins + draw.span(0...30 * Span.day)
            person.exempt = from..<(from + draw.span(2 * Span.day...12 * Span.day))
        }
        return person
    }

    var people: [Person] { state.withLock { $0 } }

    /// What the server says of a token; nil: it was never given.
    func answer(_ token: TokenName, at now: Instant) -> (answer: Server.Answer, person: Person)? {
        let people = people
        guard people.indices.contains(token.person), people[token.person].consents.indices.contains(token.consent)
        else { return nil }
        let person = people[token.person]
        let answer = server.answer(person.consents[token.consent], token: token.number, token.kind, at: now)
        return (answer, person)
    }

    /// The server ends what the token belongs to, and its holders may come back.
    func revoke(_ token: TokenName, at now: Instant) {
        guard !world.revocationLies else { return }
        state.withLock { people in
            guard people.indices.contains(token.person), people[token.person].consents.indices.contains(token.consent)
            else { return }
            let (owner, consent) = (people[token.person], people[token.person].consents[token.consent])
            guard consent.isAlive(at: now) else { return }
            if world.server == .rotating, token.number != consent.token(at: now) { return }
            for other in people.indices {
                let isReached =
                    other == token.person
                    || (world.reachesSubject && people[other].subject == owner.subject
                        && people[other].client == owner.client && people[other].isOurs == owner.isOurs)
                guard isReached, let index = people[other].consent(at: now) else { continue }
                Self.end(index, of: &people[other], at: now)
            }
        }
    }

    private static func end(_ consent: Int, of person: inout Person, at now: Instant) {
        guard person.consents[consent].isAlive(at: now) else { return }
        person.consents[consent].end(at: now)
        guard person.consents.count == consent + 1, person.consents.count < 4,
            let next = person.consents[consent].intended.first(where: { $0 > now })
        else { return }
        person.consents.append(person.consents[consent].again(at: next - Span.minute))
    }
}

/// A token, which names the consent that it belongs to.
struct TokenName: Hashable {
    let kind: Server.Kind
    let person: Int
    let consent: Int
    let number: Int

    init(_ kind: Server.Kind, person: Int, consent: Int, number: Int) {
        (self.kind, self.person, self.consent, self.number) = (kind, person, consent, number)
    }

    /// nil: it is a canary, or made up.
    init?(parsing text: some StringProtocol) {
        let parts = text.split(separator: "-")
        guard parts.count == 4, parts[0] == "rt" || parts[0] == "at", let person = Int(parts[1]),
            let consent = Int(parts[2]), let number = Int(parts[3])
        else { return nil }
        self.init(parts[0] == "rt" ? .refresh : .access, person: person, consent: consent, number: number)
    }

    var text: String { "\(kind == .refresh ? "rt" : "at")-\(person)-\(consent)-\(number)" }
}

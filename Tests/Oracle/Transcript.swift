import Grants

/// A world in words: what is true of it, what the worker saw and did.
enum Transcript {
    static func print(_ worker: Worker, _ failure: String) {
        let world = worker.world
        Swift.print("world \(world.number) of seed \(world.seed): \(failure)")
        dump(world, maxDepth: 2)
        for person in worker.people {
            Swift.print(
                "g-\(person.number): subject \(person.subject), client \(person.client), own end \(person.ownEnd), "
                    + "hides refresh \(person.hidesRefreshToken), hides tokens \(person.hidesTokens)"
            )
            for consent in person.consents {
                Swift.print(
                    "  consent at \(time(consent.givenAt)), ends \(time(consent.endedAt)), "
                        + "\(consent.intended.count) uses, the last at \(consent.lastUse(upTo: .max - 1).map(time) ?? "never")"
                        + ", \(consent.refreshes.count) refreshes\(consent.isAccessTokenOnly ? ", access token alone" : "")"
                )
            }
        }
        for (at, words) in worker.referee.transcript.suffix(4000) { Swift.print("\(time(at)) \(words)") }
    }

    static func time(_ instant: Instant) -> String {
        instant > 32_503_680_000_000 ? "never" : Timestamp(milliseconds: instant).description
    }
}

import Grants

/// A world in words: what is true of it, what the worker saw and did.
enum Transcript {
    /// Of what happened, the last lines are enough.
    private static let most = 120

    static func show(_ worker: Worker, _ grants: [Int]) {
        let world = worker.world
        print("world \(world.number) of seed \(world.seed): \(worker.referee.failure ?? "nothing is wrong")")
        dump(world, maxDepth: 2)
        for person in worker.people where grants.contains(person.number) {
            print(
                "g-\(person.number): subject \(person.subject), client \(person.client), own end \(person.ownEnd), "
                    + "hides refresh token \(person.hidesRefreshToken), hides tokens \(person.hidesTokens)"
            )
            for consent in person.consents {
                let last = consent.lastUse(upTo: .max - 1).map(time) ?? "never"
                let kind = consent.isAccessTokenOnly ? ", an access token alone" : ""
                print(
                    "  consent at \(time(consent.givenAt)), ends \(time(consent.endedAt)), used \(consent.intended.count) "
                        + "times, the last at \(last), \(consent.refreshes.count) refreshes\(kind)"
                )
            }
        }
        for (at, words) in worker.referee.transcript.suffix(most) { print("\(time(at)) \(words)") }
    }

    private static func time(_ instant: Instant) -> String {
        // 3000-01-01.
        instant > 32_503_680_000_000 ? "never" : Timestamp(milliseconds: instant).description
    }
}

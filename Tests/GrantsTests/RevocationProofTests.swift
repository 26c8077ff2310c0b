import Grants
import Testing

/// What the questions around a revocation and the endpoint's replies prove.
@Suite struct RevocationProofTests {
    private static let now = Timestamp(milliseconds: 1_795_478_400_000)
    private static let end = now + .days(30)

    /// One row of the table: tokens, what is known of the provider, and what comes of it.
    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var tokens: [RevocationProof.Token]
        var rotates = false
        var progress = RevocationProgress()
        var at = now
        var isHeld = false
        var isStuck = false
        var unheld = false
        var grantReply: RevocationProof.Reply?
        var outcome: String
    }

    private static func refresh(
        _ before: RevocationProof.Answer?,
        _ reply: RevocationProof.Reply?,
        _ after: RevocationProof.Answer?,
        controlled: Bool = true,
        foreign: Bool = true,
        counts: Bool = false
    ) -> RevocationProof.Token {
        var token = RevocationProof.Token(.refreshToken, before: before, after: after, reply: reply)
        (token.isControlled, token.isForeignControlled, token.counts) = (controlled, foreign, counts)
        return token
    }

    private static func access(
        _ before: RevocationProof.Answer?,
        _ reply: RevocationProof.Reply?,
        _ after: RevocationProof.Answer?,
        controlled: Bool = true,
        foreign: Bool = true,
        counts: Bool = false,
        end: Timestamp? = end
    ) -> RevocationProof.Token {
        var token = RevocationProof.Token(.accessToken, before: before, after: after, reply: reply)
        (token.isControlled, token.isForeignControlled, token.counts) = (controlled, foreign, counts)
        token.end = end
        return token
    }

    private static func accepted(
        _ kinds: Set<TokenKind>,
        active: Set<TokenKind> = [],
        still: Set<TokenKind> = [],
        dead: Set<TokenKind> = [],
        ago: Duration
    ) -> RevocationProgress {
        var progress = RevocationProgress()
        progress.accepted = kinds
        (progress.wasActive, progress.stillActive, progress.dead) = (active, still, dead)
        progress.acceptedAt = now - ago
        return progress
    }

    private static let unsure = RevocationProof.Answer.unknown(.serverError)
    private static let unsupported = RevocationProof.Reply.refused("unsupported-token-type")
    private static let refused = RevocationProof.Reply.refused("request")
    private static let invalidGrant = RevocationProof.Reply.refused("invalid-grant")
    private static let failed = RevocationProof.Reply.failed(.serverError, retryAfter: .seconds(9))
    private static let untilDeath = "acknowledged until 30d"

    static let rows: [Row] = [
        // Every token is asked about.
        Row(
            testDescription: "both die",
            tokens: [
                refresh(.active, .accepted, .inactive), access(.active, .accepted, .inactive),
            ],
            outcome: "proven"
        ),
        Row(
            testDescription: "the refresh token dies, the access token lives on after a yes",
            tokens: [
                refresh(.active, .accepted, .inactive), access(.active, .accepted, .active),
            ],
            outcome: "asked again: still-active"
        ),
        Row(
            testDescription: "the access token dies, the refresh token lives on after a yes",
            tokens: [
                refresh(.active, .accepted, .active), access(.active, .accepted, .inactive),
            ],
            outcome: "asked again: still-active"
        ),
        Row(
            testDescription: "the access token cannot be asked about",
            tokens: [
                refresh(.active, .accepted, .inactive), access(nil, .accepted, nil),
            ],
            outcome: untilDeath
        ),
        Row(
            testDescription: "the access token has no canary",
            tokens: [
                refresh(.active, .accepted, .inactive),
                access(.active, .accepted, .inactive, controlled: false, foreign: false),
            ],
            outcome: untilDeath
        ),
        Row(
            testDescription: "the access token was over before, beside another client's canary",
            tokens: [
                refresh(.active, .accepted, .inactive), access(.inactive, .accepted, .inactive),
            ],
            outcome: "proven"
        ),
        Row(
            testDescription: "the access token is hidden from us, as far as our own canary sees",
            tokens: [
                access(.inactive, .accepted, .inactive, foreign: false)
            ],
            outcome: untilDeath
        ),
        Row(
            testDescription: "our own canary is enough where the token itself was active",
            tokens: [
                access(.active, .accepted, .inactive, foreign: false)
            ],
            outcome: "proven"
        ),
        Row(
            testDescription: "an end that is past leaves nothing over",
            tokens: [
                access(nil, .accepted, nil, end: now - .days(1))
            ],
            outcome: "acknowledged"
        ),

        // A refresh token that was not active right before.
        Row(
            testDescription: "inactive before, and it counts",
            tokens: [
                refresh(.inactive, .accepted, .inactive, counts: true)
            ],
            outcome: "already_inactive"
        ),
        Row(
            testDescription: "inactive before, and it may be rotated",
            tokens: [
                refresh(.inactive, .accepted, .inactive)
            ],
            rotates: true,
            outcome: "acknowledged, may live on"
        ),
        Row(
            testDescription: "unknown before and after, where tokens rotate",
            tokens: [
                refresh(unsure, .accepted, unsure)
            ],
            rotates: true,
            outcome: "acknowledged, may live on"
        ),
        Row(
            testDescription: "unknown before and after, where they do not",
            tokens: [
                refresh(unsure, .accepted, unsure)
            ],
            outcome: "acknowledged"
        ),
        Row(
            testDescription: "active before, inactive after: rotation does not matter",
            tokens: [
                refresh(.active, .accepted, .inactive)
            ],
            rotates: true,
            outcome: "proven"
        ),

        // Whatever the endpoint answered.
        Row(
            testDescription: "refused, and dead",
            tokens: [
                refresh(.active, refused, .inactive)
            ],
            outcome: "proven"
        ),
        Row(testDescription: "failed, and dead", tokens: [refresh(.active, failed, .inactive)], outcome: "proven"),
        Row(
            testDescription: "refused, and dead before",
            tokens: [
                access(.inactive, refused, .inactive)
            ],
            outcome: "already_inactive"
        ),
        Row(
            testDescription: "credentials refused, and dead before",
            tokens: [
                access(.inactive, .refused("credentials"), .inactive)
            ],
            outcome: "already_inactive"
        ),
        Row(
            testDescription: "refused, and alive",
            tokens: [
                refresh(.active, refused, .active)
            ],
            outcome: "refused: request"
        ),
        Row(
            testDescription: "invalid_grant alone",
            tokens: [
                refresh(nil, invalidGrant, nil)
            ],
            outcome: "refused: invalid-grant"
        ),
        Row(
            testDescription: "invalid_grant, and nothing known",
            tokens: [
                refresh(unsure, invalidGrant, unsure)
            ],
            outcome: "refused: invalid-grant"
        ),
        Row(
            testDescription: "invalid_grant of a token that may be rotated",
            tokens: [
                refresh(.inactive, invalidGrant, .inactive)
            ],
            rotates: true,
            outcome: "refused: invalid-grant"
        ),
        Row(
            testDescription: "failed, and alive",
            tokens: [
                refresh(.active, failed, .active)
            ],
            outcome: "failed: server-error"
        ),
        Row(
            testDescription: "no yes is taken back by a failure of the other",
            tokens: [
                refresh(.active, .accepted, .active), access(.active, failed, .active),
            ],
            outcome: "failed: server-error"
        ),

        // An access token that the server does not revoke by itself.
        Row(
            testDescription: "unsupported beside a dead refresh token",
            tokens: [
                refresh(.active, .accepted, .inactive), access(.active, unsupported, .active),
            ],
            outcome: untilDeath
        ),
        Row(
            testDescription: "unsupported beside a living refresh token",
            tokens: [
                refresh(.active, .accepted, .active), access(.active, unsupported, .active),
            ],
            outcome: "asked again: still-active"
        ),
        Row(
            testDescription: "unsupported beside a refused refresh token",
            tokens: [
                refresh(.active, refused, .active), access(.active, unsupported, .active),
            ],
            outcome: "refused: request"
        ),
        Row(
            testDescription: "unsupported alone",
            tokens: [
                access(.active, unsupported, .active)
            ],
            outcome: "refused: unsupported-token-type"
        ),

        // A day of patience.
        Row(
            testDescription: "active before, unknown after",
            tokens: [
                refresh(.active, .accepted, unsure)
            ],
            outcome: "asked again: server-error"
        ),
        Row(
            testDescription: "the same a day later",
            tokens: [
                refresh(unsure, .accepted, unsure)
            ],
            progress: accepted([.refreshToken], active: [.refreshToken], ago: .hours(24)),
            outcome: "acknowledged"
        ),
        Row(
            testDescription: "still active before the day is over",
            tokens: [
                refresh(.active, .accepted, .active)
            ],
            progress: accepted([.refreshToken], active: [.refreshToken], still: [.refreshToken], ago: .hours(23)),
            outcome: "asked again: still-active"
        ),
        Row(
            testDescription: "still active a day later",
            tokens: [
                refresh(.active, .accepted, .active)
            ],
            progress: accepted([.refreshToken], active: [.refreshToken], still: [.refreshToken], ago: .hours(24)),
            outcome: "refused: still-active"
        ),
        Row(
            testDescription: "still active when it was asked last, unknown a day later",
            tokens: [
                refresh(unsure, .accepted, unsure)
            ],
            progress: accepted([.refreshToken], active: [.refreshToken], still: [.refreshToken], ago: .hours(24)),
            outcome: "refused: still-active"
        ),
        Row(
            testDescription: "dead an hour later",
            tokens: [
                refresh(.inactive, .accepted, .inactive)
            ],
            progress: accepted([.refreshToken], active: [.refreshToken], still: [.refreshToken], ago: .hours(1)),
            outcome: "proven"
        ),
        Row(
            testDescription: "inactive an hour later, where it may have been replaced",
            tokens: [
                refresh(.inactive, .accepted, .inactive)
            ],
            rotates: true,
            progress: accepted([.refreshToken], active: [.refreshToken], still: [.refreshToken], ago: .hours(1)),
            outcome: "acknowledged, may live on"
        ),
        Row(
            testDescription: "the one was shown dead earlier, the other now",
            tokens: [
                refresh(.inactive, nil, .inactive), access(.active, .accepted, .inactive),
            ],
            rotates: true,
            progress: accepted([], active: [.refreshToken], dead: [.refreshToken], ago: .hours(1)),
            outcome: "proven"
        ),
        Row(
            testDescription: "shown dead earlier, and called active again",
            tokens: [
                refresh(.active, refused, .active)
            ],
            progress: accepted([], active: [.refreshToken], dead: [.refreshToken], ago: .hours(1)),
            outcome: "refused: request"
        ),
        Row(
            testDescription: "stuck: a yes that changes nothing is said at once",
            tokens: [
                refresh(.active, .accepted, .active)
            ],
            isStuck: true,
            outcome: "refused: still-active"
        ),

        // What else may be there.
        Row(
            testDescription: "a refresh token that we do not hold",
            tokens: [
                access(.active, .accepted, .inactive)
            ],
            unheld: true,
            outcome: "refused: no-token"
        ),
        Row(
            testDescription: "a held provider proves nothing",
            tokens: [
                refresh(.active, .accepted, .inactive)
            ],
            isHeld: true,
            outcome: "acknowledged"
        ),
        Row(
            testDescription: "the grant as a whole, without tokens",
            tokens: [],
            grantReply: .accepted,
            outcome: "acknowledged"
        ),
        Row(
            testDescription: "the grant as a whole, refused",
            tokens: [],
            grantReply: refused,
            outcome: "refused: request"
        ),
        Row(
            testDescription: "the grant as a whole, and its tokens die",
            tokens: [
                refresh(.active, nil, .inactive), access(.active, nil, .inactive),
            ],
            unheld: false,
            grantReply: .accepted,
            outcome: "proven"
        ),
        Row(
            testDescription: "the grant as a whole, and a token lives on",
            tokens: [
                refresh(.active, nil, .inactive), access(.active, nil, .active),
            ],
            grantReply: .accepted,
            outcome: "asked again: still-active"
        ),
    ]

    private static func judge(_ row: Row) -> (String, RevocationProgress) {
        var proof = RevocationProof(row.tokens, progress: row.progress, rotates: row.rotates)
        (proof.isHeld, proof.isStuck, proof.hasUnheldRefreshToken) = (row.isHeld, row.isStuck, row.unheld)
        proof.grantReply = row.grantReply
        let (outcome, next) = proof.judge(at: row.at)
        switch outcome {
        case .done(let proof, let until, let mayLiveOn):
            let rest = (until.map { " until \(($0 - now).milliseconds / 86_400_000)d" } ?? "")
            return (proof.rawValue + rest + (mayLiveOn ? ", may live on" : ""), next)
        case .askedAgain(let why, _): return ("asked again: \(why)", next)
        case .refused(let why): return ("refused: \(why)", next)
        case .failed(let why, _): return ("failed: \(why)", next)
        }
    }

    @Test(arguments: rows)
    func `what introspection shows of each token decides, and then what the endpoint said`(_ row: Row) {
        #expect(Self.judge(row).0 == row.outcome)
    }

    @Test func `a yes that changes nothing is asked about for a day, counted from the first yes`() {
        let first = Row(testDescription: "", tokens: [Self.refresh(.active, .accepted, .active)], outcome: "")
        let (_, progress) = Self.judge(first)
        #expect(progress.askedUntil == Self.now + .hours(24) && progress.stillActive == [.refreshToken])
        var later = first
        later.progress = progress
        later.at = Self.now + .hours(20)
        let (outcome, next) = Self.judge(later)
        #expect(outcome == "asked again: still-active" && next.askedUntil == progress.askedUntil)
        later.at = Self.now + .hours(24)
        let (given, forgotten) = Self.judge(later)
        // The next try revokes again.
        #expect(given == "refused: still-active" && forgotten.accepted.isEmpty && forgotten.acceptedAt == nil)
    }

    @Test func `what an order remembers survives as a number`() {
        var progress = RevocationProgress()
        for bits in 0..<256 as Range<Int64> {
            progress.bits = bits
            #expect(progress.bits == bits)
        }
    }
}

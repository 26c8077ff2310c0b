import Grants
import Testing

@Suite struct `Events` {
    static var event: Event {
        var grant = Grant(
            key: .init(provider: "idp", id: "g-17"),
            tenant: "acme",
            client: "portal",
            subject: "u-17",
            scopes: ScopeSet(["ticket.read"]),
            issuedAt: .distantPast
        )
        grant.proof = .proven
        var event = Event("grant.revoked", at: Timestamp(milliseconds: 1_000), about: grant)
        event.id = "0123"
        event.seq = 7
        event.subjectReference = 42
        event.rule = .byHand
        event.reason = "supplier breached"
        event.actor = Actor(kind: .person, user: "kim", host: "ops-1")
        event.details = ["b": .number(2), "a": .string("x")]
        return event
    }

    @Test func `the journal's bytes name the subject by reference only`() {
        let text = String(decoding: Self.event.json(), as: UTF8.self)
        #expect(
            text == """
                {"id":"0123","seq":7,"type":"grant.revoked","at":"1970-01-01T00:00:01Z","tenant":"acme",\
                "provider":"idp","client":"portal","subject_ref":42,"scopes":["ticket.read"],"grant":"g-17",\
                "reason":"supplier breached","rule":"by-hand","proof":"proven",\
                "actor":{"kind":"person","user":"kim","host":"ops-1"},"a":"x","b":2}
                """
        )
    }

    @Test func `what leaves the system names the subject itself`() {
        let text = String(decoding: Self.event.json(subject: "u-17"), as: UTF8.self)
        #expect(text.contains(#""subject":"u-17""#))
        #expect(!text.contains("subject_ref"))
    }

    @Test func `a draft gets its id and place without being written anew`() {
        var event = Self.event
        (event.id, event.seq, event.subjectReference) = ("", 0, nil)
        var stored = StoredGrant(
            grant: Grant(
                key: .init(provider: "idp", id: "g-17"),
                tenant: "acme",
                client: "portal",
                scopes: ScopeSet([]),
                issuedAt: .distantPast
            ),
            row: 3,
            recordedAt: .distantPast,
            askAt: nil
        )
        stored.subjectReference = 42
        let draft = Event.Draft(event, about: stored)
        var bytes: [UInt8] = [1, 2, 3]
        draft.write(id: "0123", seq: 7, to: &bytes)
        #expect(bytes == Self.event.json())
        #expect(draft.row == 3)
    }
}

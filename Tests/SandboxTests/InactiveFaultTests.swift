import Records
import Testing

@testable import Sandbox

@Suite struct InactiveFaultTests {
    @Test(
        arguments: [
            ("string", JSONValue.string("true"), JSONValue.string("false")), ("number", .int(1), .int(0)),
            ("null", .null, .null), ("missing", nil, nil),
        ] as [(String, JSONValue?, JSONValue?)]
    )
    func `active has another form`(form: String, active: JSONValue?, inactive: JSONValue?) async throws {
        try await withSandbox { sandbox in
            let grant = try await sandbox.issue()
            try await sandbox.fail(#"{"active_as":"\#(form)"}"#)
            let good = try await sandbox.introspect(grant.refresh).json
            #expect(good["active"] == active)
            #expect(good["client_id"] == .string("supplier-portal"))
            #expect(try await sandbox.introspect("made-up").json["active"] == inactive)
        }
    }

    @Test(
        arguments: [
            // Ours; another's access and refresh token.
            (#""all""#, [false, false, false]), (#""all_but_own_client""#, [true, false, false]),
            (#""refresh_tokens""#, [true, true, false]), (#"{"from_answer":3}"#, [true, true, false]),
            (#"{"from_answer":1}"#, [false, false, false]),
            (#"{"at_random_percent":100}"#, [false, false, false]),
            (#"{"at_random_percent":0}"#, [true, true, true]),
        ]
    )
    func `tokens that live are called inactive`(inactive: String, answers: [Bool]) async throws {
        try await withSandbox { sandbox in
            let own = try await sandbox.issue(client: "grantkeeper")
            let other = try await sandbox.issue()
            // What was answered before does not count.
            #expect(try await sandbox.introspect(own.access).active == true)
            try await sandbox.fail(#"{"inactive":\#(inactive)}"#)
            #expect(try await sandbox.introspect(own.access).active == answers[0])
            #expect(try await sandbox.introspect(other.access).active == answers[1])
            #expect(try await sandbox.introspect(other.refresh).active == answers[2])
            #expect(try await sandbox.lives(other.refresh) == true)
            try await sandbox.send("DELETE", "/sandbox/faults")
            #expect(try await sandbox.introspect(other.refresh).active == true)
        }
    }

    @Test func `thirty in a hundred are inactive at random, the same ones for the same seed`() async throws {
        try await withSandbox {
            $0.seed = 42
        } _: { sandbox in
            let grant = try await sandbox.issue()
            var rounds: [[Bool?]] = []
            for _ in 0..<2 {
                try await sandbox.fail(#"{"inactive":{"at_random_percent":30}}"#)
                var answers: [Bool?] = []
                for _ in 0..<100 {
                    answers.append(try await sandbox.introspect(grant.refresh).active)
                }
                rounds.append(answers)
            }
            #expect(rounds[0] == rounds[1])
            let inactive = rounds[0].count { $0 == false }
            #expect((15...45).contains(inactive))
        }
    }

    @Test func `faults can be there from the start`() async throws {
        let faults = try SandboxFaults(switches: ["inactive=all", "retry_after=5", "endpoints=token"])
        try await withSandbox(faults: faults) { sandbox in
            let grant = try await sandbox.issue()
            #expect(try await sandbox.introspect(grant.refresh).active == false)
            #expect(try await sandbox.form("/token", "grant_type=client_credentials").status == 429)
            let document = #"{"retry_after":"5","endpoints":["token"],"inactive":"all"}"# + "\n"
            #expect(try await sandbox.send("GET", "/sandbox/faults").text == document)
        }
    }
}

import Records
import Testing

@testable import Sandbox

@Suite struct FaultDocumentTests {
    @Test(
        arguments: [
            "{}",
            #"{"latency_ms":250,"hang":true,"drip_ms_per_byte":3}"#,
            #"{"status":429,"retry_after":"7","retry_after_form":"rfc850","html":true}"#,
            #"{"truncated_json":true,"bom":true,"too_large":true,"date_skew_seconds":-600}"#,
            #"{"endpoints":["metadata","token"],"active_as":"missing","duplicate_member":true}"#,
            #"{"status":429,"endpoints":["revoke"],"percent":50}"#,
            #"{"endpoints":[],"inactive":"all"}"#, #"{"inactive":"all_but_own_client"}"#,
            #"{"inactive":"refresh_tokens"}"#, #"{"inactive":{"from_answer":5}}"#,
            #"{"inactive":{"at_random_percent":30},"foreign_revocation":"ignored","revocation":"503"}"#,
        ]
    )
    func `a document is written as it was read`(document: String) throws {
        let faults = try SandboxFaults(json: Array(document.utf8))
        var writer = JSONWriter()
        faults.write(to: &writer)
        #expect(writer.text == document)
    }

    @Test(
        arguments: [
            (
                #"{"latency":1}"#, RecordError.Code.unknownMember,
                #"line 1, column 2, member "latency": there is no such member"#, nil
            ),
            (
                #"{"latncy_ms":1}"#, .unknownMember,
                #"line 1, column 2, member "latncy_ms": there is no such member"#,
                #"did you mean "latency_ms"?"#
            ),
            (
                #"{"active_as":"strin"}"#, .badValue,
                #"line 1, column 14, member "active_as": expected one of string, null, missing, number"#,
                #"did you mean "string"?"#
            ),
            (
                #"{"inactive":"refresh_token"}"#, .badValue,
                #"line 1, column 13, member "inactive": "#
                    + #"expected one of all, all_but_own_client, refresh_tokens"#,
                #"did you mean "refresh_tokens"?"#
            ),
            (
                #"{"inactive":{"from_answer":0}}"#, .outOfRange,
                #"line 1, column 28, member "from_answer": "#
                    + #"the number has to lie between 1 and 9223372036854775807"#,
                nil
            ),
            (
                #"{"inactive":{"from_answer":1,"at_random_percent":1}}"#, .badValue,
                #"line 1, column 30, member "at_random_percent": "#
                    + #"give from_answer or at_random_percent, not both"#,
                nil
            ),
            (
                #"{"inactive":{}}"#, .missingMember,
                #"line 1, column 14, member "from_answer": the member is missing"#, nil
            ),
            (
                #"{"endpoints":["introspection"]}"#, .badValue,
                #"line 1, column 15, member "endpoints": "#
                    + #"expected one of metadata, token, introspect, revoke"#,
                #"did you mean "introspect"?"#
            ),
            (
                #"{"retry_after":"a\nb"}"#, .badValue,
                #"line 1, column 16, member "retry_after": "#
                    + #"expected printable ASCII, as header fields have it"#,
                nil
            ),
            (
                #"{"status":100}"#, .outOfRange,
                #"line 1, column 11, member "status": the number has to lie between 200 and 599"#, nil
            ),
            (
                #"{"hang":"true"}"#, .wrongType,
                #"line 1, column 9, member "hang": expected true or false, found a string"#, nil
            ),
        ] as [(String, RecordError.Code, String, String?)]
    )
    func `what is wrong with a document is said, and changes nothing`(
        document: String,
        code: RecordError.Code,
        description: String,
        hint: String?
    ) async throws {
        let error = #expect(throws: RecordError.self) { try SandboxFaults(json: Array(document.utf8)) }
        #expect(error?.code == code)
        #expect(error?.description == description)
        if hint != nil { #expect(error?.hint == hint) }
        try await withSandbox { sandbox in
            try await sandbox.fail(#"{"status":500}"#)
            let reply = try await sandbox.fail(document)
            #expect(reply.status == 400)
            #expect(try reply.json["error"]?.objectValue?["message"] == .string(description))
            #expect(try reply.json["error"]?.objectValue?["code"] == .string(code.rawValue))
            #expect(try await sandbox.introspect("t").status == 500)
        }
    }

    @Test(
        arguments: [
            (["hang"], #"{"hang":true}"#), (["hang=false"], "{}"),
            (["latency_ms=200"], #"{"latency_ms":200}"#),
            (["status=503", "retry_after=5"], #"{"status":503,"retry_after":"5"}"#),
            (
                ["retry_after=Sun, 06 Nov 1994 08:49:37 GMT"],
                #"{"retry_after":"Sun, 06 Nov 1994 08:49:37 GMT"}"#
            ),
            (["endpoints=token,revoke"], #"{"endpoints":["revoke","token"]}"#),
            (["inactive=all"], #"{"inactive":"all"}"#),
            (["inactive=from_answer:5"], #"{"inactive":{"from_answer":5}}"#),
            (["inactive=at_random_percent:30"], #"{"inactive":{"at_random_percent":30}}"#),
            (["active_as=null"], #"{"active_as":"null"}"#), (["revocation=503"], #"{"revocation":"503"}"#),
            (["date_skew_seconds=-600"], #"{"date_skew_seconds":-600}"#),
        ]
    )
    func `a switch is one member of a document`(switches: [String], document: String) throws {
        let faults = try SandboxFaults(switches: switches)
        #expect(try faults == SandboxFaults(json: Array(document.utf8)))
        if switches.count == 1 { #expect(try SandboxFaults(switch: switches[0]) == faults) }
    }

    @Test(
        arguments: [
            (["inactve=all"], #"member "inactve": there is no such fault"#, #"did you mean "inactive"?"#),
            (["x_own=1"], #"member "x_own": there is no such fault"#, nil),
            (["hang", "hang=true"], #"member "hang": the fault is given twice"#, nil),
            (["hang=yes"], #"member "hang": expected true or false, found a string"#, nil),
            (["inactive"], #"member "inactive": expected a string, found true or false"#, nil),
            (["latency_ms=fast"], #"member "latency_ms": expected a whole number, found a string"#, nil),
            ([""], #"member "": there is no such fault"#, nil),
        ] as [([String], String, String?)]
    )
    func `a bad switch is a sentence without a place`(switches: [String], text: String, hint: String?) {
        let error = #expect(throws: RecordError.self) { try SandboxFaults(switches: switches) }
        #expect(error?.description == text)
        if hint != nil { #expect(error?.hint == hint) }
    }
}

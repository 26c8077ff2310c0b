import Grants
import Testing

@Suite struct WordsTests {
    @Test func `a secret never shows itself`() {
        let secret = Secret("hunter2")
        var dumped = ""
        dump(secret, to: &dumped)
        for shown in ["\(secret)", String(reflecting: secret), "\([secret])", dumped] {
            #expect(!shown.contains("hunter2") && !shown.contains("104"))
        }
    }

    @Test(arguments: [
        ("90d", Duration.days(90)), ("36h", .hours(36)), ("15m", .minutes(15)), ("0s", .zero),
        ("250ms", .milliseconds(250)), ("2w", .days(14)),
    ])
    func `a duration is typed`(text: String, duration: Duration) {
        #expect(Duration(typed: text) == duration)
    }

    @Test(arguments: ["", "90", "d", "-1d", "1.5h", "1 d", "1y", "1234567890123d"])
    func `a bare number or an unknown unit is no duration`(text: String) {
        #expect(Duration(typed: text) == nil)
    }

    @Test(arguments: ["ticket.read", "!", "a:b/c"])
    func `a scope token of RFC 6749 is taken`(token: String) {
        #expect(ScopeSet.isValidToken(token))
    }

    @Test(arguments: ["", "a b", "a\"b", "a\\b", "é", "a\n"])
    func `a scope that breaks the grammar is not`(token: String) {
        #expect(!ScopeSet.isValidToken(token))
    }

    @Test func `times do not overflow`() {
        #expect(Timestamp(milliseconds: .max) + .days(1) == Timestamp(milliseconds: .max))
        #expect(Timestamp(milliseconds: .min) - .days(1) == Timestamp(milliseconds: .min))
    }

    @Test func `jitter is stable and within its period`() {
        for name in 0..<1_000 {
            let delay = StableJitter.delay("g-\(name)", upTo: .hours(1))
            #expect(delay >= .zero && delay < .hours(1))
            #expect(delay == StableJitter.delay("g-\(name)", upTo: .hours(1)))
        }
    }
}

import Grants
import Testing

/// A secret shows itself to nobody (invariant 4).
@Suite struct SecretTests {
    private struct Holder { var token: Secret }

    @Test func `a secret prints as redacted, however it is printed`() {
        let secret = Secret("the-token")
        var dumped = ""
        dump(Holder(token: secret), to: &dumped)
        for text in [
            "\(secret)", String(describing: secret), String(reflecting: secret), "\([secret])",
            "\(Holder(token: secret))",
            "\(Optional(secret) as Any)", dumped,
        ] {
            #expect(text.contains("redacted") || text.contains("Secret"))
            #expect(!text.contains("the-token") && !text.contains("116"))
        }
    }
}

import Records
import Testing

@Suite struct NearestWordTests {
    @Test(
        arguments: [
            ("issuedat", "issued_at"), ("isused_at", "issued_at"), ("ISSUED_AT", "issued_at"), ("idd", "id"),
            ("scope", "scopes"), ("clinet", "client"), ("tenat", "tenant"), ("colour", nil), ("", nil), ("x", nil),
        ] as [(String, String?)]
    )
    func `the word that was meant is found`(word: String, expected: String?) {
        #expect(nearestWord(to: word, in: ["id", "issued_at", "client", "scopes", "tenant"]) == expected)
    }

    @Test func `of equally near words the first is taken`() {
        #expect(nearestWord(to: "cat", in: ["bat", "hat"]) == "bat")
        #expect(nearestWord(to: "cat", in: ["bat", "cat", "hat"]) == "cat")
    }

    @Test func `a monstrous word is near nothing`() {
        #expect(nearestWord(to: String(repeating: "a", count: 100_000), in: ["a"]) == nil)
    }
}

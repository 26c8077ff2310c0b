import Grants
import Testing

@Suite("Which grants an order is about")
struct GrantSelectionTests {
    @Test func `two selections that read alike have two keys`() {
        let one = GrantSelection(tenant: "a, provider b")
        let other = GrantSelection(tenant: "a", provider: "b")
        #expect(one.words == other.words)
        #expect(one.key != other.key)
    }

    @Test func `a key is what it was when it was stored`() {
        #expect(GrantSelection().key == "{}")
        #expect(GrantSelection(tenant: "a", client: "c\"d").key == #"{"tenant":"a","client":"c\"d"}"#)
    }

    @Test func `what prints as its name shows nothing of what it holds`() {
        struct Holder: Unprintable { var secret = "MARK" }
        var text = "\(Holder()) \(String(reflecting: Holder()))"
        dump(Holder(), to: &text)
        #expect(!text.contains("MARK"))
        #expect(text.hasPrefix("Holder Holder"))
    }

    @Test func `an entry's hash covers the one before it and its body, in this order`() {
        struct Parts: JournalDigest {
            var parts: [[UInt8]] = []
            mutating func add(_ bytes: [UInt8]) { parts.append(bytes) }
            consuming func finish() -> [UInt8] { parts.flatMap(\.self) }
        }
        #expect(JournalChain.hash(after: [1, 2], body: [3], Parts.self) == [1, 2, 3])
        #expect(JournalChain.start.count == 32 && JournalChain.start.allSatisfy { $0 == 0 })
    }
}

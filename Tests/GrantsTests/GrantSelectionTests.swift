import Grants
import Testing

@Suite struct GrantSelectionTests {
    /// Alike to a person, and not the same.
    static let alike: [(GrantSelection, GrantSelection)] = [
        (GrantSelection(tenant: "a, provider b"), GrantSelection(tenant: "a", provider: "b")),
        (GrantSelection(tenant: "a, provider b, client c"), GrantSelection(tenant: "a", provider: "b", client: "c")),
        (GrantSelection(provider: "a, client b"), GrantSelection(provider: "a", client: "b")),
        // Equal to Swift's eyes only.
        (GrantSelection(tenant: "M\u{FC}ller"), GrantSelection(tenant: "Mu\u{308}ller")),
    ]

    @Test(arguments: alike)
    func `no two selections have one key`(first: GrantSelection, second: GrantSelection) {
        #expect(Array(first.key.utf8) != Array(second.key.utf8))
    }

    @Test func `the key is stable, because it is stored`() {
        #expect(GrantSelection().key == "{}")
        #expect(GrantSelection(tenant: "a\"b").key == #"{"tenant":"a\"b"}"#)
    }
}

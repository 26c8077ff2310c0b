import Grants
import Testing

@testable import ConfigurationFiles

@Suite struct `How secrets were written` {
    @Test(
        arguments: [
            ([0xEF, 0xBB, 0xBF, 0x61], "begins with a byte-order mark"), ([0xFF, 0xFE, 0x61, 0], "is UTF-16"),
            ([0xFE, 0xFF, 0, 0x61], "is UTF-16"), ([0x61, 0], "contains a NUL byte"),
            ([0x61, 0x20], "ends with a blank"),
            ([0x61, 0x09], "ends with a blank"), ([0x20, 0x61], "begins with a blank"), ([0x61, 0xFF], "is not UTF-8"),
            ([0x61, 0x0A, 0x62], "is not printable"), ([0x61, 0xE2, 0x80, 0x8B, 0x62], "is not printable"),
        ] as [([UInt8], String)]
    )
    func `what an editor leaves in a secret is named, and the secret is not`(bytes: [UInt8], words: String) {
        #expect(SecretLook.oddity(of: bytes)?.contains(words) == true)
    }

    @Test(arguments: ["s3cret", "two words", "ä!€", "a"])
    func `a plain secret is not remarked on`(secret: String) {
        #expect(SecretLook.oddity(of: Array(secret.utf8)) == nil)
    }
}

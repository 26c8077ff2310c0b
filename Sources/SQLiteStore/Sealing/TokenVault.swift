internal import Crypto
internal import FoundationEssentials
internal import GRDB
internal import Grants

/// Seals tokens and makes their fingerprints, with the store's keys.
///
/// A fingerprint is HMAC-SHA256(fpKey, SHA-256(token)); `fpKey` is made with the store, kept in it
/// sealed, and never changes.
struct TokenVault: TokenReadying {
    static let setting = "fingerprint_key"
    private static let context = Array("fingerprint-key".utf8)

    private let keyring: Keyring
    /// Has taken the fingerprint key in already; each fingerprint begins with a copy.
    private let fingerprinting: HMAC<SHA256>

    /// Opens the store's fingerprint key; throws `wrong-key` where none of ours does.
    init(keyring: Keyring, sealedFingerprintKey: String) throws {
        guard let sealed = Data(base64Encoded: sealedFingerprintKey) else {
            throw StoreError(.damaged, "the store's fingerprint key is not Base64")
        }
        self.keyring = keyring
        fingerprinting = HMAC(key: SymmetricKey(data: try keyring.open(Array(sealed), context: Self.context)))
    }

    /// A new fingerprint key, sealed, for a new store.
    static func makeFingerprintKey(_ keyring: Keyring) throws -> String {
        let bytes = SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }
        return Data(try keyring.seal(bytes, context: context)).base64EncodedString()
    }

    func fingerprint(_ token: Secret) -> [UInt8] {
        fingerprint(sha256: Array(SHA256.hash(data: token.bytes)))
    }

    func fingerprint(sha256 digest: [UInt8]) -> [UInt8] {
        var code = fingerprinting
        code.update(data: digest)
        return Array(code.finalize())
    }

    func ready(_ token: Secret, kind: TokenKind, row: Int64) throws -> ReadyToken {
        ReadyToken(
            token,
            fingerprint: fingerprint(token),
            sealed: .init(row: row, bytes: try seal(token, row: row, kind: kind))
        )
    }

    /// Bound to its row and kind: a sealed token moved to another grant does not open.
    func seal(_ token: Secret, row: Int64, kind: TokenKind) throws -> [UInt8] {
        try keyring.seal(token.bytes, context: Self.context(row, kind))
    }

    func open(_ sealed: [UInt8], row: Int64, kind: TokenKind) throws -> Secret {
        Secret(try keyring.open(sealed, context: Self.context(row, kind)))
    }

    private static func context(_ row: Int64, _ kind: TokenKind) -> [UInt8] {
        var context = Array("token:".utf8)
        context.append(contentsOf: String(row).utf8)
        context.append(UInt8(ascii: ":"))
        context.append(contentsOf: kind.rawValue.utf8)
        return context
    }
}

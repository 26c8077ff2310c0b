internal import Crypto
internal import FoundationEssentials
package import Grants

/// The store's keys: the first seals, all open.
package struct Keyring: Sendable, Unprintable {
    /// The first four bytes of a key's SHA-256: every sealed value names its key by them.
    typealias KeyID = [UInt8]

    private let keys: [(id: KeyID, key: SymmetricKey)]
    private let nonces = NonceSource()

    /// One Base64 key of 32 bytes a line; empty lines and lines that begin with `#` are skipped.
    ///
    /// Throws `wrong-key` naming the line that is no such key.
    package init(parsing secret: Secret) throws(StoreError) {
        var keys: [(id: KeyID, key: SymmetricKey)] = []
        let lines = secret.bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        for (number, line) in lines.enumerated() {
            let text = String(decoding: line, as: UTF8.self).filter { !$0.isWhitespace }
            if text.isEmpty || text.hasPrefix("#") { continue }
            guard let data = Data(base64Encoded: text), data.count == 32 else {
                throw StoreError(
                    .wrongKey,
                    "line \(number + 1) of the store's key is not 32 bytes in Base64",
                    hint: "make one with 'head -c 32 /dev/urandom | base64'"
                )
            }
            keys.append((Self.id(of: data), SymmetricKey(data: data)))
        }
        guard !keys.isEmpty else {
            throw StoreError(.wrongKey, "the store's key is empty", hint: "expected one Base64 key of 32 bytes a line")
        }
        self.keys = keys
    }

    private static func id(of key: Data) -> KeyID { Array(SHA256.hash(data: key).prefix(4)) }

    /// AES-GCM: version, key id, nonce, ciphertext, tag.
    ///
    /// `context` must be the same to open it.
    func seal(_ bytes: [UInt8], context: [UInt8]) throws -> [UInt8] {
        let (id, key) = keys[0]
        let box = try AES.GCM.seal(bytes, using: key, nonce: nonces.next(), authenticating: context)
        guard let combined = box.combined else { throw StoreError(.other, "a value cannot be sealed") }
        var sealed: [UInt8] = []
        sealed.reserveCapacity(1 + id.count + combined.count)
        sealed.append(1)
        sealed += id
        sealed += combined
        return sealed
    }

    func open(_ sealed: [UInt8], context: [UInt8]) throws(StoreError) -> [UInt8] {
        guard sealed.count >= 33, sealed[0] == 1 else {
            throw StoreError(.damaged, "a sealed value is not of a form that this version knows")
        }
        let id = sealed[1..<5]
        guard let key = keys.first(where: { $0.id.elementsEqual(id) })?.key else {
            throw StoreError(
                .wrongKey,
                "the store was sealed with key \(Self.hex(id)), which is not among the \(keys.count) given",
                hint: "put the key that the store was made with into the file that store.key names"
            )
        }
        do {
            // Nonce, ciphertext and tag, as they are sealed.
            let box = try AES.GCM.SealedBox(combined: sealed[5...])
            return Array(try AES.GCM.open(box, using: key, authenticating: context))
        } catch {
            throw StoreError(.damaged, "a sealed value does not open with the key it names: it was changed")
        }
    }

    static func hex(_ bytes: some Sequence<UInt8>) -> String {
        bytes.reduce(into: "") { text, byte in
            text += (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
    }
}

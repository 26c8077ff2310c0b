internal import Grants

/// Reads secrets from where the configuration says they are.
struct SecretReader: Sendable {
    private let read: @Sendable (SecretSource) throws -> Secret

    init(_ read: @escaping @Sendable (SecretSource) throws -> Secret) {
        self.read = read
    }

    /// The secret without the line break that ends most files.
    ///
    /// `owner` names whose it is, for people. The reader's own error is not quoted: it may hold anything. A file that
    /// cannot be read, or is empty while it is being replaced, is a failure of our own: the server refused nothing.
    func secret(_ source: SecretSource, of owner: String) throws(CallFailure) -> Secret {
        let secret: Secret
        do {
            secret = try read(source)
        } catch {
            throw CallFailure(
                .ownFailure,
                "cannot read the secret of \(owner) from \(source); check that it exists and may be read"
            )
        }
        var bytes = secret.bytes[...]
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        guard !bytes.isEmpty else {
            throw CallFailure(.ownFailure, "the secret of \(owner) in \(source) is empty")
        }
        return bytes.count == secret.bytes.count ? secret : Secret(Array(bytes))
    }
}

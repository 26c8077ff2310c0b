/// A token on its way into a store, with what could be worked out beforehand, on another thread.
package struct ReadyToken: Hashable, Sendable {
    /// The token as the store keeps it, sealed for one row.
    package struct Sealed: Hashable, Sendable {
        package let row: Int64
        package let bytes: [UInt8]

        package init(row: Int64, bytes: [UInt8]) {
            self.row = row
            self.bytes = bytes
        }
    }

    package let token: Secret
    /// nil: the store makes it.
    package let fingerprint: [UInt8]?
    /// nil, or for a row that the grant does not get: the store seals it.
    package let sealed: Sealed?

    package init(_ token: Secret, fingerprint: [UInt8]? = nil, sealed: Sealed? = nil) {
        self.token = token
        self.fingerprint = fingerprint
        self.sealed = sealed
    }
}

/// Works out what a store needs of a token, on any thread.
package protocol TokenReadying: Sendable {
    /// `row`: the row that its grant will probably get.
    func ready(_ token: Secret, kind: TokenKind, row: Int64) throws -> ReadyToken
}

extension StoreWriting {
    /// Adds a grant and returns its row.
    package func insert(_ grant: Grant, tokens: [TokenKind: Secret], at now: Timestamp) throws -> StoredGrant {
        try insert(grant, ready: tokens.mapValues { ReadyToken($0) }, at: now)
    }
}

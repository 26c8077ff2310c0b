/// Where what leaves the store is kept.
package protocol Archive: Sendable {
    /// A new file; a name that is taken is refused.
    func begin(_ name: String) throws -> any ArchiveFile
}

/// A file of an archive on its way: nothing of it counts before it is sealed.
package protocol ArchiveFile: AnyObject, Sendable {
    var name: String { get }

    /// A line, without its end.
    func append(_ line: [UInt8]) throws

    /// Returns when the file is on the disk under its name; the result is its SHA-256 in hex.
    func seal() throws -> String

    /// Removes what was written; after ``seal()`` nothing happens.
    func abandon()
}

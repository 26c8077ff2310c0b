/// Remembers the keys of a file while it is checked, however many there are.
package protocol SeenKeys: AnyObject {
    /// - Returns: nil for a key not seen before, else whether it came with the same content.
    func insert(_ key: String, digest: [UInt8]) throws -> Bool?
}

internal import Glibc
package import Grants

/// Finds the keys that a file gives more than once, in little memory however long it is.
///
/// Each line leaves a hash of its key and its place. They are kept by the hash in 256 parts of a private temporary
/// file, and read back part by part, so that no more than one part's keys are in memory. Keys of one hash are told
/// apart by reading their lines again: no chance and no crafted key makes two grants one.
package final class SeenKeys {
    /// Where a line is, and what its key hashes to.
    package struct Place {
        static let size = 24

        package var hash: UInt64
        package var offset: Int
        package var number: Int

        package init(hash: UInt64, offset: Int, number: Int) {
            self.hash = hash
            self.offset = offset
            self.number = number
        }
    }

    private static let parts = 256
    private static let chunk = 170 * Place.size

    private var buffers = [[UInt8]](repeating: [], count: parts)
    /// The chunks of each part, by their number in the file.
    private var chunks = [[UInt32]](repeating: [], count: parts)
    private var chunkCount: UInt32 = 0
    private var descriptor: Int32 = -1

    package init() {}

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// The bytes decide: texts that only look alike are two keys.
    package static func hash(_ key: Grant.Key) -> UInt64 {
        var hasher = Hasher()
        for var text in [key.provider.rawValue, key.id] {
            text.withUTF8 { bytes in
                hasher.combine(bytes.count)
                hasher.combine(bytes: UnsafeRawBufferPointer(bytes))
            }
        }
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }

    package func note(_ place: Place) throws {
        let part = Int(place.hash >> 56)
        if buffers[part].isEmpty { buffers[part].reserveCapacity(Self.chunk) }
        place.write(to: &buffers[part])
        if buffers[part].count == Self.chunk {
            try writeOut(buffers[part])
            chunks[part].append(chunkCount)
            chunkCount += 1
            buffers[part].removeAll(keepingCapacity: true)
        }
    }

    /// Calls `body` with each place whose hash came before, and the first of that hash, in no order of lines.
    ///
    /// `body` says whether both are of one key; if not, the place is compared with others of the hash and stands for
    /// its own key from then on.
    package func forEachAgain(_ body: (_ first: Place, _ again: Place) throws -> Bool) throws {
        var firsts: [UInt64: Place] = [:]
        var others: [UInt64: [Place]] = [:]
        for part in 0..<Self.parts {
            firsts.removeAll(keepingCapacity: true)
            others.removeAll()
            try forEachPlace(of: part) { place in
                guard let first = firsts[place.hash] else {
                    firsts[place.hash] = place
                    return
                }
                if try body(first, place) { return }
                for other in others[place.hash, default: []] {
                    if try body(other, place) { return }
                }
                others[place.hash, default: []].append(place)
            }
        }
    }

    /// In the order in which they were noted.
    private func forEachPlace(of part: Int, _ body: (Place) throws -> Void) throws {
        func read(_ bytes: [UInt8]) throws {
            for start in stride(from: 0, to: bytes.count, by: Place.size) { try body(Place(bytes, at: start)) }
        }
        for chunk in chunks[part] { try read(try readBack(chunk)) }
        try read(buffers[part])
    }

    private func writeOut(_ bytes: [UInt8]) throws {
        if descriptor < 0 { descriptor = try TemporaryFile.open() }
        let offset = Int(chunkCount) * Self.chunk
        guard pwrite(descriptor, bytes, bytes.count, off_t(offset)) == bytes.count else {
            throw StoreError(
                .full,
                "no room left for the import's temporary file",
                hint: "free disk space or set TMPDIR"
            )
        }
    }

    private func readBack(_ chunk: UInt32) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Self.chunk)
        guard pread(descriptor, &bytes, Self.chunk, off_t(Int(chunk) * Self.chunk)) == Self.chunk else {
            throw StoreError(.other, "the import's temporary file cannot be read back")
        }
        return bytes
    }
}

extension SeenKeys.Place {
    fileprivate func write(to bytes: inout [UInt8]) {
        for value in [hash, UInt64(offset), UInt64(number)] {
            withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
        }
    }

    fileprivate init(_ bytes: [UInt8], at start: Int) {
        func value(_ index: Int) -> UInt64 {
            bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: start + index * 8, as: UInt64.self) }
        }
        self.init(hash: value(0), offset: Int(value(1)), number: Int(value(2)))
    }
}

/// The name of an object's member, compared with literals without allocating.
///
/// `switch name { case "feed": … }` works. Names are equal if their UTF-8 is: no Unicode normalisation.
package struct MemberName: Equatable, Sendable {
    /// The first 32 bytes in memory order, padded with zeros.
    let words: Words
    @usableFromInline let count: Int
    /// The whole name where it is longer than the words hold.
    let long: [UInt8]?

    struct Words: Equatable, Sendable {
        var first: UInt64 = 0
        var second: UInt64 = 0
        var third: UInt64 = 0
        var fourth: UInt64 = 0
    }

    @inline(__always)
    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        let raw = UnsafeRawBufferPointer(bytes)
        var words = Words()
        words.first = unsafe Self.word(of: raw, at: 0)
        if raw.count > 8 {
            words.second = unsafe Self.word(of: raw, at: 8)
            words.third = unsafe Self.word(of: raw, at: 16)
            words.fourth = unsafe Self.word(of: raw, at: 24)
        }
        self.words = words
        count = raw.count
        long = raw.count > 32 ? unsafe [UInt8](raw) : nil
    }

    /// The name as text; allocates.
    package var string: String {
        String(decoding: bytes, as: UTF8.self)
    }

    /// Whether the name begins with the bytes of the literal.
    package func hasPrefix(_ prefix: StaticString) -> Bool {
        bytes.starts(with: "\(prefix)".utf8)
    }

    package static func == (name: MemberName, text: String) -> Bool {
        name.count == text.utf8.count && name.bytes.elementsEqual(text.utf8)
    }

    package static func == (name: MemberName, literal: StaticString) -> Bool {
        guard literal.hasPointerRepresentation else {
            return name == "\(literal)"
        }
        guard literal.utf8CodeUnitCount == name.count else {
            return false
        }
        let raw = unsafe UnsafeRawBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount)
        if let long = name.long {
            return unsafe raw.elementsEqual(long)
        }
        return unsafe word(of: raw, at: 0) == name.words.first
            && (raw.count <= 8
                || (word(of: raw, at: 8) == name.words.second && word(of: raw, at: 16) == name.words.third
                    && word(of: raw, at: 24) == name.words.fourth))
    }

    /// Lets a name stand in a `switch` over literals.
    ///
    /// Inlined, because most literals are told from the name by their length.
    @inlinable
    package static func ~= (literal: StaticString, name: MemberName) -> Bool {
        (!literal.hasPointerRepresentation || literal.utf8CodeUnitCount == name.count) && name == literal
    }

    /// The up to eight bytes from an offset on, the first in the lowest place; zeros past the end.
    static func word(of raw: UnsafeRawBufferPointer, at offset: Int) -> UInt64 {
        if offset + 8 <= raw.count {
            return unsafe UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        }
        var word: UInt64 = 0
        var index = raw.count
        while index > offset {
            index -= 1
            word = unsafe word << 8 | UInt64(raw[index])
        }
        return word
    }

    private var bytes: [UInt8] {
        if let long {
            return long
        }
        var bytes: [UInt8] = []
        for word in [words.first, words.second, words.third, words.fourth] {
            for shift in stride(from: 0, to: 64, by: 8) where bytes.count < count {
                bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
            }
        }
        return bytes
    }
}

extension MemberName: CustomStringConvertible {
    /// Fit for a terminal and a message: at most 64 characters, control characters escaped.
    package var description: String { RecordError.printable(string) }
}

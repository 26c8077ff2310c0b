// Every access to the input, bounds checked.
extension JSONScanner {
    /// The byte at the position, 0 at the end (a NUL byte is nowhere allowed).
    @inline(__always)
    var peek: UInt8 { position < count ? byte(position) : 0 }

    @inline(__always)
    func byte(_ index: Int) -> UInt8 {
        precondition(UInt(bitPattern: index) < UInt(bitPattern: count))
        return unsafe input[index]
    }

    /// Eight bytes, the first in the lowest place.
    @inline(__always)
    func word(_ index: Int) -> UInt64 {
        precondition(index >= 0 && index + 8 <= count)
        let raw = unsafe UnsafeRawBufferPointer(input)
        return unsafe UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: index, as: UInt64.self))
    }

    @inline(__always)
    mutating func skipWhitespace() {
        while position < count {
            switch byte(position) {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    /// The first byte of the value that has to be read now.
    @inline(__always)
    mutating func startValue() -> UInt8 {
        precondition(awaitsValue, "no value is due here: nextMember() or nextElement() comes first")
        skipWhitespace()
        tokenStart = position
        return peek
    }
}

/// Which bytes are a UTF-8 sequence (Unicode 15, table 3-7).
enum UTF8Check {
    /// The length (2–4) of the well-formed sequence of a non-ASCII scalar at the start of these up to four
    /// bytes, or nil: stray continuations, overlong forms, surrogates and values past U+10FFFF are malformed.
    static func sequenceLength(_ first: UInt8, _ second: UInt8?, _ third: UInt8?, _ fourth: UInt8?) -> Int? {
        guard let second else {
            return nil
        }
        switch first {
        case 0xC2...0xDF:
            return isContinuation(second) ? 2 : nil
        case 0xE0...0xEF:
            let lowest: UInt8 = first == 0xE0 ? 0xA0 : 0x80
            let highest: UInt8 = first == 0xED ? 0x9F : 0xBF
            return second >= lowest && second <= highest && isContinuation(third) ? 3 : nil
        case 0xF0...0xF4:
            let lowest: UInt8 = first == 0xF0 ? 0x90 : 0x80
            let highest: UInt8 = first == 0xF4 ? 0x8F : 0xBF
            return second >= lowest && second <= highest && isContinuation(third) && isContinuation(fourth)
                ? 4 : nil
        default:
            return nil
        }
    }

    private static func isContinuation(_ byte: UInt8?) -> Bool {
        byte.map { $0 & 0xC0 == 0x80 } ?? false
    }
}

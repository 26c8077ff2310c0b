internal import Grants

/// An `application/x-www-form-urlencoded` body (RFC 6749 appendix B).
struct FormBody: Sendable {
    static let mediaType = "application/x-www-form-urlencoded"

    private(set) var bytes: [UInt8] = []

    init() { bytes.reserveCapacity(128) }

    mutating func append(_ name: String, _ value: String) {
        append(name, encoding: value.utf8)
    }

    mutating func append(_ name: String, _ value: Secret) {
        append(name, encoding: value.bytes)
    }

    private mutating func append(_ name: String, encoding value: some Collection<UInt8>) {
        if !bytes.isEmpty { bytes.append(UInt8(ascii: "&")) }
        Self.encode(name.utf8, to: &bytes)
        bytes.append(UInt8(ascii: "="))
        Self.encode(value, to: &bytes)
    }

    /// The value as a form holds it: a space is `+`, all but letters, digits and `*-._` is `%XX`.
    static func encode(_ value: some Collection<UInt8>, to bytes: inout [UInt8]) {
        if value.allSatisfy(isPlain) {
            bytes.append(contentsOf: value)
            return
        }
        for byte in value {
            switch byte {
            case _ where isPlain(byte):
                bytes.append(byte)
            case UInt8(ascii: " "):
                bytes.append(UInt8(ascii: "+"))
            default:
                bytes.append(UInt8(ascii: "%"))
                bytes.append(hexDigit(byte >> 4))
                bytes.append(hexDigit(byte & 0xF))
            }
        }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "*"), UInt8(ascii: "-"),
            UInt8(ascii: "."), UInt8(ascii: "_"):
            true
        default:
            false
        }
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }
}

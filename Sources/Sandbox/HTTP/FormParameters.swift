/// The parameters of an `application/x-www-form-urlencoded` body (RFC 6749 Appendix B).
struct FormParameters {
    private var values: [String: String] = [:]

    /// Parameters without a value count as omitted, and none may come twice (RFC 6749 §3.1, §3.2).
    init(_ call: Call) throws(OAuthError) {
        let mediaType = call.contentType?.prefix { $0 != ";" }.lowercased().filter { $0 != " " }
        guard mediaType == "application/x-www-form-urlencoded" else {
            throw OAuthError("invalid_request", "the body has to be application/x-www-form-urlencoded")
        }
        for pair in call.body.split(separator: UInt8(ascii: "&")) {
            let parts = pair.split(
                separator: UInt8(ascii: "="),
                maxSplits: 1,
                omittingEmptySubsequences: false
            )
            guard let name = Self.decode(parts[0]), let value = Self.decode(parts.count == 2 ? parts[1] : [])
            else {
                throw OAuthError("invalid_request", "the body is not well encoded")
            }
            guard !value.isEmpty else { continue }
            guard values.updateValue(value, forKey: name) == nil else {
                throw OAuthError("invalid_request", "a parameter is given twice")
            }
        }
    }

    subscript(name: String) -> String? { values[name] }

    /// The parameter, or the error that it is missing.
    func require(_ name: String) throws(OAuthError) -> String {
        guard let value = values[name] else {
            throw OAuthError("invalid_request", "the parameter \(name) is missing")
        }
        return value
    }

    /// Undoes the form encoding; nil for what is not well encoded or not UTF-8.
    static func decode(_ encoded: some Sequence<UInt8>) -> String? {
        var bytes: [UInt8] = []
        var iterator = encoded.makeIterator()
        while let byte = iterator.next() {
            switch byte {
            case UInt8(ascii: "+"):
                bytes.append(0x20)
            case UInt8(ascii: "%"):
                guard let high = iterator.next().flatMap(hexValue),
                    let low = iterator.next().flatMap(hexValue)
                else {
                    return nil
                }
                bytes.append(high << 4 | low)
            default:
                bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}

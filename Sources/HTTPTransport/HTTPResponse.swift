/// A response as it came, whatever its status: a redirect is a response too and is never followed.
///
/// Bodies hold what providers say about tokens: neither description nor mirror shows body or headers.
package struct HTTPResponse: Hashable, Sendable {
    package var status: Int
    /// In the order received, of the final response only; trailers are not among them.
    package var headers: [HTTPHeader]
    /// Without its content coding, which is undone although none is asked for, where the request is idempotent; else as
    /// sent.
    package var body: [UInt8]

    package init(status: Int, headers: [HTTPHeader] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The first value of the field with this name, in any letter case; `nil` when there is none.
    package func header(_ name: String) -> String? {
        headers.first { $0.name.equalsIgnoringASCIICase(name) }?.value
    }

    /// All values of the field with this name, in any letter case, in the order received.
    package func headers(named name: String) -> [String] {
        headers.filter { $0.name.equalsIgnoringASCIICase(name) }.map(\.value)
    }
}

extension HTTPResponse: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "status \(status) (\(headers.count) headers, \(body.count) bytes)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: ["status": status]) }
}

extension String {
    fileprivate func equalsIgnoringASCIICase(_ other: String) -> Bool {
        utf8.count == other.utf8.count && zip(utf8, other.utf8).allSatisfy { $0.lowercasedASCII == $1.lowercasedASCII }
    }
}

extension UInt8 {
    fileprivate var lowercasedASCII: UInt8 { (0x41...0x5A).contains(self) ? self | 0x20 : self }
}

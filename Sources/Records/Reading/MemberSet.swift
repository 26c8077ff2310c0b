/// The members that a record may have, for ``JSONScanner/skipUnknownMember(_:known:)``.
package struct MemberSet: Sendable, ExpressibleByArrayLiteral {
    package let names: [String]

    package init(_ names: [String]) {
        self.names = names
    }

    package init(arrayLiteral names: String...) {
        self.names = names
    }
}

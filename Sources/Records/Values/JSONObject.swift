/// An object's members in their order, each name once.
///
/// Two objects are equal if they have equal members in the same order. Names are compared by their UTF-8.
package struct JSONObject: Equatable, Sendable {
    package struct Member: Equatable, Sendable {
        package var name: String
        package var value: JSONValue
    }

    package private(set) var members: [Member]

    package init() {
        members = []
    }

    /// Reads the object that fills the bytes, as strictly as ``JSONScanner``.
    package init(parsing bytes: [UInt8], line: Int = 1) throws(RecordError) {
        self = try JSONScanner.scan(bytes: bytes.span, line: line) { (scanner) throws(RecordError) in
            try scanner.readObject()
        }
    }

    /// Reads the object that fills the bytes, as strictly as ``JSONScanner``.
    package init(parsing bytes: some Collection<UInt8>, line: Int = 1) throws(RecordError) {
        try self.init(parsing: [UInt8](bytes), line: line)
    }

    /// Members in this order; a name given twice is a programmer's mistake and traps.
    package init(members: [(name: String, value: JSONValue)]) {
        self.members = []
        for (name, value) in members {
            precondition(index(of: name) == nil, "a member is given twice")
            self.members.append(Member(name: name, value: value))
        }
    }

    /// For members that are known to have different names.
    init(uniqueMembers: [Member]) {
        members = uniqueMembers
    }

    package var names: [String] { members.map(\.name) }

    /// The member's value, nil if there is none; a null member is `.null`.
    ///
    /// Setting nil removes the member, setting a new name appends it. Takes time in proportion to the members.
    package subscript(name: String) -> JSONValue? {
        get { index(of: name).map { members[$0].value } }
        set {
            switch (index(of: name), newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append(Member(name: name, value: value))
            case (nil, nil): break
            }
        }
    }

    // `==` on strings takes canonically equivalent texts for one; JSON does not.
    private func index(of name: String) -> Int? {
        members.firstIndex { $0.name.utf8.elementsEqual(name.utf8) }
    }
}

extension JSONObject: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// How many members, not their content.
    package var description: String { "an object of \(members.count)" }

    package var debugDescription: String { description }

    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

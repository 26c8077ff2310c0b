// A name and its value in one call. A nil value is written as null.
extension JSONWriter {
    package mutating func member(_ name: String, _ value: String) {
        self.name(name)
        string(value)
    }

    package mutating func member(_ name: String, _ value: String?) {
        self.name(name)
        if let value { string(value) } else { null() }
    }

    package mutating func member(_ name: String, _ value: Int64) {
        self.name(name)
        int(value)
    }

    package mutating func member(_ name: String, _ value: Int64?) {
        self.name(name)
        if let value { int(value) } else { null() }
    }

    package mutating func member(_ name: String, _ value: Int) {
        self.name(name)
        int(Int64(value))
    }

    package mutating func member(_ name: String, _ value: Int?) {
        self.name(name)
        if let value { int(Int64(value)) } else { null() }
    }

    package mutating func member(_ name: String, _ value: Bool) {
        self.name(name)
        bool(value)
    }

    package mutating func member(_ name: String, _ value: Bool?) {
        self.name(name)
        if let value { bool(value) } else { null() }
    }

    package mutating func member(_ name: String, _ value: Double) {
        self.name(name)
        double(value)
    }

    package mutating func member(_ name: String, _ values: [String]) {
        self.name(name)
        beginArray()
        for value in values {
            string(value)
        }
        endArray()
    }

    package mutating func member(_ name: String, _ value: JSONValue) {
        self.name(name)
        self.value(value)
    }

    package mutating func member(_ name: String, _ value: JSONObject) {
        self.name(name)
        self.value(.object(value))
    }

    /// Milliseconds since 1970, written as RFC 3339.
    package mutating func member(_ name: String, time milliseconds: Int64?) {
        self.name(name)
        if let milliseconds { time(milliseconds) } else { null() }
    }

    /// Bytes that are one JSON value already; they are not checked.
    package mutating func member(_ name: String, raw json: some Sequence<UInt8>) {
        self.name(name)
        raw(json)
    }

    /// An object whose members `body` writes.
    package mutating func object<Failure: Error>(
        _ name: String? = nil,
        _ body: (inout JSONWriter) throws(Failure) -> Void
    ) throws(Failure) {
        if let name {
            self.name(name)
        }
        beginObject()
        try body(&self)
        endObject()
    }

    /// An array whose elements `body` writes.
    package mutating func array<Failure: Error>(
        _ name: String? = nil,
        _ body: (inout JSONWriter) throws(Failure) -> Void
    ) throws(Failure) {
        if let name {
            self.name(name)
        }
        beginArray()
        try body(&self)
        endArray()
    }
}

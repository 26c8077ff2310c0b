/// Where events go: a file, a program, later a receiver's endpoint.
package protocol EventSink: Sendable {
    var settings: SinkSettings { get }

    /// Hands over events in their order; returning is the acknowledgement of all of them.
    ///
    /// May get the same events again after a crash: a receiver knows them by their `id`.
    func deliver(_ events: [OutgoingEvent]) async throws(SinkError)
}

/// An event as it leaves: the journal's body with the subject's name.
package struct OutgoingEvent: Hashable, Sendable {
    package var seq: Int64
    package var type: String
    /// One JSON object, no newline.
    package var json: [UInt8]

    package init(seq: Int64, type: String, json: [UInt8]) {
        self.seq = seq
        self.type = type
        self.json = json
    }
}

/// Why a sink did not take the events; all of them are offered again.
package struct SinkError: Error, Hashable, Sendable, CustomStringConvertible {
    package var message: String
    package var hint: String?

    package init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }

    package var description: String { message }
}

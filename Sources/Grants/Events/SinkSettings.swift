/// Where events go.
package struct SinkSettings: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// Appended as NDJSON, synced.
        case file(path: String)
        /// A program that gets events as NDJSON on standard input; exit status 0 acknowledges.
        case exec(command: [String])
    }

    package var id: String
    package var kind: Kind
    /// A notice counts from this sink's acknowledgement.
    package var notifies = false
    /// A quarantine starts at this sink's acknowledgement.
    package var enforces = false

    /// Names of variables that the program of an exec sink gets beside PATH, LANG, HOME and TZ.
    package var environment: [String] = []

    /// The file of a file sink.
    package var path: String? {
        if case .file(let path) = kind { path } else { nil }
    }

    package init(id: String, kind: Kind) {
        self.id = id
        self.kind = kind
    }
}

/// The input that an ingest reads.
struct OpenInput: Sendable {
    /// The store's number, under which it is kept until it has been read to its end.
    let id: Int64
    var lines: UnplacedLines
}

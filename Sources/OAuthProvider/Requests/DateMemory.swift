internal import Grants
internal import HTTPTransport
internal import Synchronization

/// Reads the dates of a server's responses; all of one second bear the same.
final class DateMemory: Sendable {
    private let last = Mutex<(text: String, date: Timestamp?)>(("", nil))

    /// nil: it cannot be read, or a cache gave the response.
    ///
    /// The text of a response that no cache gave is right whoever says it again.
    func date(_ text: String, now: Timestamp, of response: HTTPResponse) -> Timestamp? {
        if let date = last.withLock({ $0.text == text ? $0.date : nil }) { return date }
        guard !Self.isCached(response) else { return nil }
        let date = HTTPDate.parse(text.trimmingBlanks, now: now)
        last.withLock { $0 = (text, date) }
        return date
    }

    /// RFC 9111 §5.1 has every cache send `Age`; older ones name themselves.
    private static func isCached(_ response: HTTPResponse) -> Bool {
        if response.header("Age") != nil { return true }
        if response.header("X-Cache")?.lowercased().contains("hit") == true { return true }
        if response.header("Cache-Status")?.lowercased().contains("hit") == true { return true }
        return response.headers(named: "Via").contains { $0.lowercased().contains("cache") }
    }
}

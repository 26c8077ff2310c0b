internal import Grants
internal import Synchronization

/// Reads the dates of a server's responses; all of one second bear the same.
final class DateMemory: Sendable {
    private let last = Mutex<(text: String, date: Timestamp?)>(("", nil))

    func date(_ text: String, now: Timestamp) -> Timestamp? {
        if let date = last.withLock({ $0.text == text ? $0.date : nil }) { return date }
        let date = HTTPDate.parse(text.trimmingBlanks, now: now)
        last.withLock { $0 = (text, date) }
        return date
    }
}

/// Changes of the lines of one text, as `diff -u` writes them and `git apply` reads them.
struct UnifiedDiff {
    /// Lines that are replaced.
    struct Change {
        /// Counted from 0.
        var lines: Range<Int>
        var new: [String]
    }

    private static let context = 3

    private let lines: [Substring]
    private let endsInNewline: Bool
    private let changes: [Change]

    /// The changes do not overlap; those that change nothing are left out.
    init(_ text: String, _ changes: [Change]) {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        endsInNewline = lines.last?.isEmpty ?? true
        if endsInNewline, !lines.isEmpty { lines.removeLast() }
        self.lines = lines
        self.changes = changes.sorted { $0.lines.lowerBound < $1.lines.lowerBound }
            .filter { lines[$0.lines].map(String.init) != $0.new }
    }

    /// Empty where nothing changes.
    func text(path: String) -> String {
        guard !changes.isEmpty else { return "" }
        var text = "--- a/\(path)\n+++ b/\(path)\n"
        var grown = 0
        for group in groups {
            let from = max(0, group[0].lines.lowerBound - Self.context)
            let to = min(lines.count, (group.last?.lines.upperBound ?? 0) + Self.context)
            var body = ""
            var position = from
            for change in group {
                for index in position..<change.lines.lowerBound { body += line(" ", index) }
                for index in change.lines { body += line("-", index) }
                for new in change.new { body += "+\(new)\n" }
                position = change.lines.upperBound
            }
            for index in position..<to { body += line(" ", index) }
            let more = group.reduce(0) { $0 + $1.new.count - $1.lines.count }
            text += "@@ -\(from + 1),\(to - from) +\(from + grown + 1),\(to - from + more) @@\n\(body)"
            grown += more
        }
        return text
    }

    /// Those whose contexts meet are one.
    private var groups: [[Change]] {
        changes.reduce(into: []) { groups, change in
            if let last = groups.last?.last, change.lines.lowerBound - last.lines.upperBound <= 2 * Self.context {
                groups[groups.count - 1].append(change)
            } else {
                groups.append([change])
            }
        }
    }

    private func line(_ mark: String, _ index: Int) -> String {
        let isOpen = index == lines.count - 1 && !endsInNewline
        return "\(mark)\(lines[index])\n" + (isOpen ? "\\ No newline at end of file\n" : "")
    }
}

internal import Records

/// What a command says: results on standard output, everything else on standard error.
struct Console: Sendable {
    private let environment: ProgramEnvironment

    init(_ environment: ProgramEnvironment) { self.environment = environment }

    func line(_ text: String = "") {
        environment.output.write(Array((text + "\n").utf8))
    }

    /// One JSON value and a newline.
    func json(_ bytes: [UInt8]) {
        environment.output.write(bytes + [0x0A])
    }

    /// How much it matters, where systemd's journal reads it (sd-daemon(3)).
    private enum Priority: Int {
        case error = 3
        case warning = 4
        case info = 6
    }

    func note(_ text: String) {
        say("grantkeeper: \(text)", .info)
    }

    func warning(_ text: String, hint: String? = nil) {
        say("grantkeeper: warning: \(text)", .warning)
        if let hint { say("grantkeeper: hint: \(hint)", .warning) }
    }

    private func say(_ line: String, _ priority: Priority) {
        let mark = environment.isJournal ? "<\(priority.rawValue)>" : ""
        environment.errors.write(Array("\(mark)\(line)\n".utf8))
    }

    func report(_ error: CommandError, asJSON: Bool) {
        if asJSON {
            var writer = JSONWriter()
            writer.beginObject()
            writer.object("error") { writer in
                writer.member("code", error.code)
                writer.member("message", error.message)
                if let hint = error.hint { writer.member("hint", hint) }
                if !error.more.isEmpty { writer.member("details", error.more) }
            }
            writer.endObject()
            say(String(decoding: writer.bytes, as: UTF8.self), .error)
            return
        }
        say("grantkeeper: error: \(error.message)", .error)
        for line in error.more { say("  \(line)", .error) }
        if let hint = error.hint { say("grantkeeper: hint: \(hint)", .error) }
    }

    /// Aligned columns; on a terminal the head is bold.
    func table(_ head: [String], _ rows: [[String]]) {
        var widths = head.map(\.count)
        for row in rows {
            for (column, cell) in row.enumerated() { widths[column] = max(widths[column], cell.count) }
        }
        func text(_ row: [String]) -> String {
            var line = ""
            for (column, cell) in row.enumerated() {
                line += cell
                if column < row.count - 1 {
                    line += String(repeating: " ", count: widths[column] - cell.count + 2)
                }
            }
            return line
        }
        line(environment.isTerminal ? "\u{1B}[1m\(text(head))\u{1B}[0m" : text(head))
        for row in rows { line(text(row)) }
    }

    /// A figure with its thousands apart: `1,204`.
    static func figure(_ number: Int) -> String {
        let digits = String(number.magnitude)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text += "," }
            text.append(digit)
        }
        return number < 0 ? "-" + text : text
    }

    /// `1 grant`, `3 grants`.
    static func count(_ number: Int, _ noun: String) -> String {
        "\(figure(number)) \(noun)\(number == 1 ? "" : "s")"
    }

    /// Text from outside, fit for a terminal.
    static func printable(_ text: String) -> String { RecordError.printable(text) }
}

extension Console {
    /// The same for whole sentences, which are never cut off.
    static func printableLong(_ text: String) -> String { RecordError.printableInFull(text) }
}

/// One mistake in a configuration or schedule file, and where it is.
///
/// It never quotes what may be a secret: no text, no address, nothing from where a secret is named.
package struct ConfigurationProblem: Hashable, Sendable, CustomStringConvertible {
    /// As the file was asked for.
    package var file: String
    /// Counted from 1; 0 where the file could not be read at all.
    package var line: Int
    /// In Unicode scalars, counted from 1; 0 where the file could not be read at all.
    package var column: Int
    /// A sentence without a full stop, lower case.
    package var message: String
    /// What to do about it, if that is known.
    package var hint: String?

    package init(file: String, line: Int, column: Int, message: String, hint: String? = nil) {
        self.file = file
        self.line = line
        self.column = column
        self.message = message
        self.hint = hint
    }

    /// `file:line:column: message`, without the hint.
    package var description: String {
        line > 0 ? "\(file):\(line):\(column): \(message)" : "\(file): \(message)"
    }
}

/// All that is wrong with a file, in the order of its lines.
package struct ConfigurationErrors: Error, Sendable, CustomStringConvertible {
    /// Never empty.
    package var problems: [ConfigurationProblem]

    package init(problems: [ConfigurationProblem]) {
        self.problems = problems
    }

    /// One problem a line, each followed by its hint.
    package var description: String {
        problems.map { problem in
            problem.hint.map { "\(problem.description)\n  hint: \($0)" } ?? problem.description
        }
        .joined(separator: "\n")
    }
}

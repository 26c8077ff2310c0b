/// Text files that people write.
enum TextFile {
    /// The text of a file in UTF-8 of at most so many MiB.
    ///
    /// With `isRegular` a pipe is refused, which could hold up who reads it for ever: for files that nobody names, but
    /// that are found in a directory.
    static func read(
        _ path: String,
        mebibytes: Int = 1,
        isRegular: Bool = false
    ) throws(ConfigurationErrors) -> String {
        let bytes: [UInt8]
        do {
            bytes = try FileBytes.read(path, limit: mebibytes * 1_048_576, isRegular: isRegular, isSecret: false)
        } catch {
            let (message, hint) = words(for: error, mebibytes)
            let problem = ConfigurationProblem(file: path, line: 0, column: 0, message: message, hint: hint)
            throw ConfigurationErrors(problems: [problem])
        }
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        throw ConfigurationErrors(problems: [notUTF8(bytes, path)])
    }

    private static func words(for failure: FileBytes.Failure, _ mebibytes: Int) -> (message: String, hint: String?) {
        switch failure {
        case .system(let number):
            (
                "cannot be read: \(FileBytes.message(for: number))",
                "check the path and that this user may read it"
            )
        case .directory: ("is a directory", "name the file in it")
        case .tooLong: ("is longer than \(mebibytes) MiB", nil)
        case .notRegular: ("is not a regular file", "remove it from the directory, or put a file in its place")
        case .exposed: ("cannot be read", nil)
        }
    }

    private static func notUTF8(_ bytes: [UInt8], _ path: String) -> ConfigurationProblem {
        var place = Place.start
        for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            if String(validating: line, as: UTF8.self) == nil {
                // Decoding puts U+FFFD where it gives up.
                let scalars = String(decoding: line, as: UTF8.self).unicodeScalars
                place.column = scalars.prefix { $0 != "\u{FFFD}" }.count + 1
                break
            }
            place.line += 1
        }
        return ConfigurationProblem(
            file: path,
            line: place.line,
            column: place.column,
            message: "not UTF-8",
            hint: "save the file in UTF-8"
        )
    }
}

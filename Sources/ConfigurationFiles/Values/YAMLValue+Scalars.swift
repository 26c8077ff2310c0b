internal import Grants
internal import Records
internal import Yams

extension YAMLValue {
    /// A text of at least one character, in one line.
    func text() -> String? {
        guard let (text, _) = scalar(expected: "a text", hint: nil) else { return nil }
        guard !text.isEmpty else {
            report("'\(name)' is empty, expected a text")
            return nil
        }
        let isPlain = text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
        guard isPlain || text.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control }) else {
            report("'\(name)' must be a text in one line, without control characters")
            return nil
        }
        return text
    }

    /// A name that other parts of the file, records and commands refer to.
    func identifier() -> String? {
        guard let text = text() else { return nil }
        let isPlain = text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        guard text.utf8.count <= 256, isPlain || !text.contains(where: \.isWhitespace) else {
            report("'\(name)' must be at most 256 bytes without blanks")
            return nil
        }
        if !isPlain, let fault = NameFault(of: text) {
            report("'\(name)': \(fault.message)", hint: fault.hint)
            return nil
        }
        return text
    }

    /// The text, if it is one, without any report: for what will be read again.
    var quietText: String? {
        guard case .scalar(let scalar) = node, !isNull else { return nil }
        return reading.markers.original(scalar.string)
    }

    /// `true` or `false` as YAML 1.2 has them; `yes` and `on` are not.
    func bool() -> Bool? {
        guard let (text, isPlain) = scalar(expected: "true or false") else { return nil }
        if isPlain, text == "true" { return true }
        if isPlain, text == "false" { return false }
        report("'\(name)' must be true or false\(shown(text))", hint: "write true or false, without quotes")
        return nil
    }

    /// A whole number in plain decimal digits: what others read as octal or as a float is a mistake.
    func integer(atLeast least: Int) -> Int? {
        guard let (text, isPlain) = scalar(expected: "a whole number") else { return nil }
        let isDecimal =
            text == "0" || (text.first != "0" && !text.isEmpty && text.utf8.allSatisfy(Self.isDigit))
        guard isPlain, isDecimal, let number = Int(text), number <= 1_000_000_000 else {
            report(
                "'\(name)' must be a whole number\(shown(text))",
                hint: "write plain digits, without quotes, sign, point or leading zero"
            )
            return nil
        }
        guard number >= least else {
            report("'\(name)' must be at least \(least), found \(number)")
            return nil
        }
        return number
    }

    /// `90d`, `15m` or `0s`.
    func duration(mayBeZero: Bool = true) -> Duration? {
        let hint = "write 90d, 15m or 0s"
        guard let (text, _) = scalar(expected: "a duration", hint: hint) else { return nil }
        guard let duration = Duration(typed: text) else {
            let isNumber = !text.isEmpty && text.utf8.allSatisfy(Self.isDigit)
            let found = isNumber ? ", the bare number \(RecordError.printable(text)) has no unit" : shown(text)
            report(
                "'\(name)' must be a duration\(found)",
                hint: isNumber ? hint : "\(hint); the units are ms, s, m, h, d and w"
            )
            return nil
        }
        guard mayBeZero || duration > .zero else {
            report("'\(name)' must be longer than nothing", hint: "write 90d or 15m")
            return nil
        }
        return duration
    }

    /// `10%` or `0.5%`, in hundredths.
    func percent(mayBeZero: Bool) -> Double? {
        let hint = "write 10% or 0.5%"
        guard let (text, _) = scalar(expected: "a percentage", hint: hint) else { return nil }
        let digits = text.dropLast()
        let isDecimal = digits.utf8.allSatisfy { Self.isDigit($0) || $0 == UInt8(ascii: ".") }
        guard text.last == "%", isDecimal, digits.first != ".", digits.last != ".",
            let number = Double(digits)
        else {
            report("'\(name)' must be a percentage\(shown(text))", hint: hint)
            return nil
        }
        guard number <= 100, mayBeZero || number > 0 else {
            let range = mayBeZero ? "from 0% to 100%" : "above 0% and at most 100%"
            report("'\(name)' must be \(range)\(shown(text))")
            return nil
        }
        return number
    }

    /// One of the words of an enumeration.
    func word<Word: RawRepresentable & CaseIterable>(_: Word.Type) -> Word? where Word.RawValue == String {
        let words = Word.allCases.map(\.rawValue)
        let choice =
            words.count == 1
            ? words[0] : words.dropLast().joined(separator: ", ") + " or " + words[words.count - 1]
        guard let (text, _) = scalar(expected: choice) else { return nil }
        guard let word = Word(rawValue: text) else {
            report(
                "'\(name)' must be \(choice)\(shown(text))",
                hint: nearestWord(to: text, in: words).map { "did you mean '\($0)'?" }
            )
            return nil
        }
        return word
    }

    /// A list of words, each once.
    func words<Word: RawRepresentable & CaseIterable & Hashable>(_: Word.Type) -> Set<Word>?
    where Word.RawValue == String {
        var words: Set<Word> = []
        for element in elements() {
            if let word = element.word(Word.self), !words.insert(word).inserted {
                element.report("'\(name)' lists '\(word.rawValue)' twice", hint: "keep one of the two")
            }
        }
        return words
    }

    /// A path, seen from where we run.
    func path() -> String? {
        guard let text = text() else { return nil }
        guard !text.hasPrefix("~") else {
            report("'\(name)' begins with '~', which no shell expands here", hint: "write the whole path")
            return nil
        }
        return reading.resolve(text)
    }

    /// Only where nothing else than a short word or a number can be meant.
    private func shown(_ text: String) -> String {
        text.unicodeScalars.count <= 24
            ? ", found '\(RecordError.printable(text))'" : ", found something else"
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}

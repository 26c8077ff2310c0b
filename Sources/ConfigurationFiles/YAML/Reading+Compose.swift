internal import Yams

extension Reading {
    /// The tree of the only document, or nil after a mistake was reported.
    func compose(_ text: String) -> YAMLValue? {
        // A byte order mark is nothing that anybody sees.
        let text = text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
        guard checkCharacters(of: text) else { return nil }
        markers = KeyMarkers(text)
        while true {
            do {
                // The encoding is given, because Yams would ask the environment for it.
                let parser = try Parser(yaml: markers.text, resolver: .basic, encoding: .utf8)
                guard let node = try parser.singleRoot() else { break }
                return YAMLValue(node: node, name: "", reading: self)
            } catch YamlError.duplicatedKeysInMapping(let names, let context) {
                if firstDuplicate == nil {
                    firstDuplicate = Place(context.mark)
                }
                if markers.tellApart(names.map { markers.original($0) }) { continue }
                reportUnplacedDuplicate()
            } catch let error as YamlError {
                if firstDuplicate != nil {
                    // The tags are to blame: a key that had one already.
                    reportUnplacedDuplicate()
                } else {
                    report(error, in: text)
                }
            } catch {
                report(at: .start, "cannot be read as YAML")
            }
            return nil
        }
        report(at: .start, "the file is empty", hint: hintIfEmpty)
        return nil
    }

    /// To be called when all was read: a duplicate must not get lost where nothing was looked at.
    func reportMissedDuplicate() {
        if firstDuplicate != nil, !foundDuplicates {
            reportUnplacedDuplicate()
        }
    }

    private func reportUnplacedDuplicate() {
        guard let firstDuplicate else { return }
        report(at: firstDuplicate, "this member is given twice in its mapping", hint: "keep one of the two")
    }

    private func report(_ error: YamlError, in text: String) {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let place = Place(mark)
            if problem.contains("another document") {
                report(
                    at: place,
                    "a second document begins here",
                    hint: "keep one document, without '---' after it"
                )
            } else if Self.isIndentedByTab(place.line, of: text) {
                report(at: place, "not valid YAML: a tab in the indentation", hint: "indent with spaces")
            } else {
                let reason = context.map { "\($0.text), \(problem)" } ?? problem
                report(at: place, "not valid YAML: \(reason)", hint: Self.hint(for: problem))
            }
        default:
            report(at: .start, "cannot be read as YAML")
        }
    }

    private static func hint(for problem: String) -> String? {
        switch problem {
        case "mapping values are not allowed in this context":
            "check the indentation, and quote a text that holds ': '"
        case "did not find expected key", "did not find expected '-' indicator":
            "members of one mapping and entries of one list stand in the same column"
        default: nil
        }
    }

    private static func isIndentedByTab(_ line: Int, of text: String) -> Bool {
        let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
        guard lines.indices.contains(line - 1) else { return false }
        return lines[line - 1].prefix { $0 == " " || $0 == "\t" || $0 == "-" }.contains("\t")
    }

    /// YAML allows no control characters (YAML 1.1 §5.1).
    private func checkCharacters(of text: String) -> Bool {
        var place = Place.start
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x0A: place = Place(line: place.line + 1, column: 0)
            case 0x09, 0x0D, 0x20...0x7E, 0x85, 0xA0...0xD7FF, 0xE000...0xFFFD, 0x1_0000...: break
            default:
                let code = String(scalar.value, radix: 16, uppercase: true)
                report(
                    at: place,
                    "a control character, U+\(String(repeating: "0", count: 4 - code.count))\(code)"
                )
                return false
            }
            place.column += 1
        }
        return true
    }
}

import FoundationEssentials
import Records
import Testing

/// The files that this repository gives to operators.
enum Repository {
    static let path = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4)
        .joined(separator: "/")

    static func text(_ name: String) throws -> String {
        let bytes = try #require(FileManager.default.contents(atPath: "\(path)/\(name)"), "there is no \(name)")
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The queries of the dashboard.
    static func dashboardQueries() throws -> [String] {
        let dashboard = try JSONObject(parsing: Array(text("etc/grafana/grantkeeper.json").utf8))
        let panels = (dashboard["panels"]?.arrayValue ?? []).compactMap(\.objectValue)
        return panels.flatMap { ($0["targets"]?.arrayValue ?? []).compactMap(\.objectValue) }
            .compactMap { $0["expr"]?.stringValue }
    }

    /// Every word that begins as our metrics do.
    static func metrics(in text: String) -> Set<String> {
        var found: Set<String> = []
        var rest = text[...]
        while let begin = rest.firstRange(of: "grantkeeper_") {
            let name = rest[begin.lowerBound...].prefix { $0 == "_" || $0.isASCII && ($0.isLetter || $0.isNumber) }
            found.insert(String(name))
            rest = rest[name.endIndex...]
        }
        return found
    }

    /// The names that GitHub and others give to a document's headings in links.
    static func anchors(of document: String) throws -> Set<String> {
        Set(
            try text(document).split(separator: "\n").filter { $0.hasPrefix("#") }.map { line in
                line.drop { $0 == "#" || $0 == " " }.lowercased().compactMap { character in
                    character == " "
                        ? "-" : character.isLetter || character.isNumber || character == "-" ? character : nil
                }.map(String.init).joined()
            }
        )
    }
}

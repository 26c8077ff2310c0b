internal import Scheduling
internal import Yams

/// One file being read: what is known about it, and the mistakes found so far.
///
/// Nothing throws before the end, so that all mistakes are told at once.
final class Reading {
    let file: String
    /// Relative paths begin here.
    let directory: String
    let checks: FileChecks
    /// Where the names of time zones are looked up.
    let zones: TimeZoneDirectory
    /// What was written into the text to tell equal keys apart.
    var markers = KeyMarkers("")
    var known = KnownNames()
    /// What to do about a file in which nothing stands.
    var hintIfEmpty = "'grantkeeper init' writes a configuration to begin with"
    /// Of the first mapping with two equal keys, by which it is known that there is one.
    var firstDuplicate: Place?
    private(set) var foundDuplicates = false
    private var errors: [ConfigurationProblem] = []
    private var hints: [ConfigurationProblem] = []

    init(file: String, checks: FileChecks, zones: TimeZoneDirectory) {
        self.file = file
        self.checks = checks
        self.zones = zones
        let parts = file.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        directory = parts.count == 1 && parts.first == "" ? "/" : parts.joined(separator: "/")
    }

    func report(at place: Place, _ message: String, hint: String? = nil) {
        errors.append(problem(place, message, hint))
    }

    func warn(at place: Place, _ message: String, hint: String? = nil) {
        hints.append(problem(place, message, hint))
    }

    func reportDuplicate(_ name: String, first: Place, at place: Place, of mapping: String) {
        foundDuplicates = true
        let whole = mapping.isEmpty ? "" : " in '\(mapping)'"
        report(
            at: place,
            "'\(name)' is already given\(whole), at \(first.line):\(first.column)",
            hint: "keep one of the two"
        )
    }

    /// In file order, each once: an aliased mistake is found wherever the alias stands.
    var problems: [ConfigurationProblem] { Self.sorted(errors) }
    var warnings: [ConfigurationProblem] { Self.sorted(hints) }

    /// The place of a node in the text as it was given.
    func place(of node: Node) -> Place {
        markers.original(Place(node.mark))
    }

    /// A path of the file, seen from where we run.
    func resolve(_ path: String) -> String {
        guard !path.hasPrefix("/"), !directory.isEmpty else { return path }
        return directory == "/" ? "/" + path : directory + "/" + path
    }

    private func problem(_ place: Place, _ message: String, _ hint: String?) -> ConfigurationProblem {
        ConfigurationProblem(
            file: file,
            line: place.line,
            column: place.column,
            message: message,
            hint: hint
        )
    }

    private static func sorted(_ problems: [ConfigurationProblem]) -> [ConfigurationProblem] {
        var seen: Set<ConfigurationProblem> = []
        return problems.enumerated()
            .sorted {
                ($0.element.line, $0.element.column, $0.offset) < (
                    $1.element.line, $1.element.column, $1.offset
                )
            }
            .map(\.element)
            .filter { seen.insert($0).inserted }
    }
}

/// The names that other parts of the file may refer to, also those of parts with other mistakes.
struct KnownNames {
    var providers: [String] = []
    var tenants: [String] = []
    var clients: [String] = []
}

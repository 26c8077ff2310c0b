internal import ConfigurationFiles
internal import Records
internal import Scopes

/// What `scopes check` found, before it is written in one of its formats.
struct ScopeCheckReport {
    /// The least severe finding that fails; nil: none does.
    var failOn: ScopeFinding.Severity?
    var documents: ScopeDocuments?
    /// Files with what is asked for, as they were named.
    var requestFiles: [String] = []
    /// Those of them that ask for no scope.
    var filesWithoutScopes: [String] = []
    var findings = ScopeReport(findings: [], excepted: [])
    /// What could not be read; with it there are no findings.
    var mistakes: [ConfigurationProblem] = []

    /// The word that stands for a mistake where findings have their rule.
    static let mistakeRule = "unreadable-document"

    init(failOn: ScopeFinding.Severity?) { self.failOn = failOn }

    var isFailed: Bool { findings.findings.contains(where: fails) }

    func fails(_ finding: ScopeFinding) -> Bool {
        failOn.map { finding.severity >= $0 } ?? false
    }

    /// All files, in the order in which they were read, then those with mistakes alone.
    var files: [String] {
        var files: [String] = []
        var seen: Set<String> = []
        func add(_ file: String) {
            if seen.insert(file).inserted { files.append(file) }
        }
        if let documents {
            // By a first word: whole lists are long.
            documents.catalogue.scopes.first.map { add($0.name.place.file) }
            documents.workflow.steps.first.map { add($0.id.place.file) }
            documents.roles.first.map { add($0.id.place.file) }
            for tenant in documents.tenants { add(tenant.id.place.file) }
            documents.narrowings.first.map { add($0.place.file) }
            documents.exceptions.first.map { add($0.place.file) }
        }
        requestFiles.forEach(add)
        for finding in findings.findings { add(finding.place.file) }
        for excepted in findings.excepted { add(excepted.finding.place.file) }
        for mistake in mistakes { add(mistake.file) }
        return files
    }

    /// What is said of each file that asks for no scope.
    func wordsWithoutScopes(_ name: (String) -> String = { $0 }) -> [String] {
        filesWithoutScopes.map { "\(name($0)): no scope is asked for" }
    }

    /// `2 errors, 1 warning, 0 notes, 1 excepted`.
    var summary: String {
        let counts = ScopeFinding.Severity.allCases.reversed().map { severity in
            Console.count(findings.count(of: severity), severity.rawValue)
        }
        return counts.joined(separator: ", ") + ", \(findings.excepted.count) excepted"
    }
}

extension ScopeReport.Excepted {
    /// Who answers for it, until when and why.
    var answer: String {
        "\(exception.owner) answers for it until \(exception.until): \(exception.reason)"
    }
}

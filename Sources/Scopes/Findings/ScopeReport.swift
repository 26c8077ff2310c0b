/// What ``ScopeCheck`` found.
package struct ScopeReport: Sendable {
    /// A finding that somebody answers for.
    package struct Excepted: Sendable {
        package var finding: ScopeFinding
        package var exception: ScopeException

        package init(finding: ScopeFinding, exception: ScopeException) {
            self.finding = finding
            self.exception = exception
        }
    }

    /// In the order of their places.
    package var findings: [ScopeFinding]
    /// Those that an exception in force covers; they are in no other count.
    package var excepted: [Excepted]

    package init(findings: [ScopeFinding], excepted: [Excepted]) {
        self.findings = findings
        self.excepted = excepted
    }

    package func count(of severity: ScopeFinding.Severity) -> Int {
        findings.count { $0.severity == severity }
    }
}

package import Grants

/// Finds what is wrong in scope documents and in scopes that are asked for.
package struct ScopeCheck: Sendable {
    package let model: ScopeModel
    package let requests: [RequestedScopes]
    /// Decides which exceptions are over.
    package let now: Timestamp

    package init(_ model: ScopeModel, requests: [RequestedScopes] = [], now: Timestamp) {
        self.model = model
        self.requests = requests
        self.now = now
    }

    /// All findings, those with an exception apart.
    package func report() -> ScopeReport {
        var findings = catalogueFindings() + workflowFindings() + roleFindings() + tenantFindings()
        findings += narrowingFindings() + usageFindings()
        for request in requests { findings += RequestCheck(model, request).findings() }
        return ExceptionMatching(model.documents.exceptions, now: now).report(on: findings)
    }

    func nearest(_ word: String, in words: [some Identifier]) -> ScopeFinding.Fix {
        model.fixForUnknown(word, in: words)
    }

    /// Every later definition of a name.
    func duplicates<Name: Identifier>(_ names: [Placed<Name>], _ kind: String) -> [ScopeFinding] {
        var first: [Name: SourcePlace] = [:]
        var findings: [ScopeFinding] = []
        for name in names {
            guard let known = first[name.value] else {
                first[name.value] = name.place
                continue
            }
            findings.append(
                ScopeFinding(
                    .duplicateName,
                    at: name.place,
                    "the \(kind) '\(name.value)' is defined twice",
                    why: "it is defined at \(known) already, and only that counts",
                    fix: ScopeFinding.Fix("rename one of them, or make them one")
                )
            )
        }
        return findings
    }
}

extension SourcePlace: CustomStringConvertible {
    package var description: String { "\(file):\(line):\(column)" }
}

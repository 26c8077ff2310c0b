internal import Grants
internal import Records
internal import Scopes

extension ScopeCheckReport {
    /// One document.
    var json: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("ok", !isFailed)
        writer.member("files", files)
        writer.member("without_scopes", filesWithoutScopes)
        writer.object("counts") { writer in
            for severity in ScopeFinding.Severity.allCases.reversed() {
                writer.member(severity.rawValue, findings.count(of: severity))
            }
            writer.member("excepted", findings.excepted.count)
        }
        writer.array("findings") { writer in
            for finding in findings.findings {
                writer.beginObject()
                writer.members(of: finding)
                writer.endObject()
            }
        }
        writer.array("excepted") { writer in
            for excepted in findings.excepted {
                writer.beginObject()
                writer.members(of: excepted.finding)
                writer.object("exception") { writer in
                    writer.member("owner", excepted.exception.owner)
                    writer.member("reason", excepted.exception.reason)
                    writer.member("until", time: excepted.exception.until.milliseconds)
                    writer.members(of: excepted.exception.place)
                }
                writer.endObject()
            }
        }
        writer.endObject()
        return writer.bytes
    }
}

extension JSONWriter {
    fileprivate mutating func members(of place: SourcePlace) {
        member("file", place.file)
        member("line", place.line)
        member("column", place.column)
    }

    fileprivate mutating func members(of finding: ScopeFinding) {
        member("rule", finding.rule.rawValue)
        member("severity", finding.severity.rawValue)
        members(of: finding.place)
        member("message", finding.message)
        member("why", finding.why)
        object("fix") { writer in
            writer.member("text", finding.fix.text)
            if let replacement = finding.fix.replacement { writer.member("replacement", replacement) }
        }
        let subject = finding.subject
        object("subject") { writer in
            if let tenant = subject.tenant { writer.member("tenant", tenant.rawValue) }
            if let client = subject.client { writer.member("client", client.rawValue) }
            if let role = subject.role { writer.member("role", role.rawValue) }
            if !subject.steps.isEmpty { writer.member("steps", subject.steps.map(\.rawValue)) }
            if let scope = subject.scope { writer.member("scope", scope.rawValue) }
        }
    }
}

internal import Grants
internal import Scheduling
package import Scopes

/// Reads what is to be asked for, in one of several forms.
package enum RequestedFile {
    /// The requests in a file; throws all mistakes at once.
    ///
    /// `form` nil: what it looks like. None, or one without scopes: a document that asks for no scope, which OpenAPI and
    /// RFC 7591 §2 allow; a list or a file of authorization requests without any is a mistake, since it says nothing.
    package static func read(path: String, form: RequestedForm?) throws(ConfigurationErrors) -> [RequestedScopes] {
        try parse(TextFile.read(path, mebibytes: 16), path: path, form: form)
    }

    /// The requests in a text, which is called `path` in mistakes and findings.
    package static func parse(
        _ text: String,
        path: String,
        form: RequestedForm?
    ) throws(ConfigurationErrors) -> [RequestedScopes] {
        let reading = Reading(file: path, checks: .none, zones: .system)
        reading.hintIfEmpty = "write the scopes that are asked for, one a line"
        var requests: [RequestedScopes] = []
        if let form = form ?? RequestedForm(detecting: text) {
            switch form {
            case .list: requests = reading.requestedList(text)
            case .url: requests = reading.authorizationRequests(text)
            case .yaml: requests = reading.compose(text)?.requested() ?? []
            case .openapi: requests = reading.compose(text)?.openAPISecurity() ?? []
            case .registration: requests = reading.compose(text)?.registration().map { [$0] } ?? []
            }
            reading.reportMissedDuplicate()
            if requests.isEmpty, reading.problems.isEmpty, !form.mayAskForNothing {
                reading.report(at: .start, "no scope is asked for", hint: reading.hintIfEmpty)
            }
        } else {
            reading.report(
                at: .start,
                "it cannot be told in which form scopes are asked for here",
                hint: "say it by --requested-form; the forms are "
                    + RequestedForm.allCases.map(\.rawValue).joined(separator: ", ")
            )
        }
        guard reading.problems.isEmpty else { throw ConfigurationErrors(problems: reading.problems) }
        return requests
    }
}

extension Reading {
    func sourcePlace(_ place: Place) -> SourcePlace {
        SourcePlace(file: file, line: place.line, column: place.column)
    }
}

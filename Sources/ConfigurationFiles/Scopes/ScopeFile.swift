/// The text of one scope document.
package struct ScopeFile: Sendable {
    /// What a document holds, told by its file's name.
    package enum Kind: CaseIterable, Sendable {
        case catalogue, workflow, roles, tenants, allowLists, exceptions
    }

    package var kind: Kind
    /// As it is shown in mistakes and findings.
    package var path: String
    package var text: String

    package init(kind: Kind, path: String, text: String) {
        self.kind = kind
        self.path = path
        self.text = text
    }
}

extension ScopeFile.Kind {
    /// The name of its file in the directory of scope documents.
    package var fileName: String {
        switch self {
        case .catalogue: "catalogue.yaml"
        case .workflow: "workflow.yaml"
        case .roles: "roles.yaml"
        case .tenants: "tenants.yaml"
        case .allowLists: "allow-lists.yaml"
        case .exceptions: "exceptions.yaml"
        }
    }

    /// The only member of the document but `blankets` and `never_together`.
    var list: String {
        switch self {
        case .catalogue: "scopes"
        case .workflow: "steps"
        case .roles: "roles"
        case .tenants: "tenants"
        case .allowLists: "narrow"
        case .exceptions: "exceptions"
        }
    }
}

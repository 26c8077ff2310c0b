package import Grants

/// Why something may or may not be, as a tree that a person can read.
package struct Explanation: Hashable, Sendable {
    package enum Mark: Hashable, Sendable {
        case allowed, notAllowed
        /// A ground for what is above it.
        case because
    }

    package enum Lines: Sendable {
        case ascii, box
    }

    package var title: String
    /// nil: neither.
    package var mark: Mark?
    /// Where it is written.
    package var place: SourcePlace?
    package var children: [Explanation]

    package init(_ title: String, mark: Mark? = nil, place: SourcePlace? = nil, _ children: [Explanation] = []) {
        self.title = title
        self.mark = mark
        self.place = place
        self.children = children
    }

    /// The tree, a line for each node, each with its end of line.
    package func rendered(_ lines: Lines = .box) -> String {
        var text = line + "\n"
        for (number, child) in children.enumerated() {
            child.render(into: &text, indent: "", isLast: number == children.count - 1, lines)
        }
        return text
    }

    private func render(into text: inout String, indent: String, isLast: Bool, _ lines: Lines) {
        let (branch, last, bar) = lines == .box ? ("├─ ", "└─ ", "│  ") : ("|- ", "`- ", "|  ")
        text += indent + (isLast ? last : branch) + line + "\n"
        for (number, child) in children.enumerated() {
            child.render(
                into: &text,
                indent: indent + (isLast ? "   " : bar),
                isLast: number == children.count - 1,
                lines
            )
        }
    }

    private var line: String {
        let word =
            switch mark {
            case .allowed: "may: "
            case .notAllowed: "may not: "
            case .because: "because "
            case nil: ""
            }
        return word + title + (place.map { "  (\($0))" } ?? "")
    }
}

/// What can be explained.
package enum ExplanationSubject: Hashable, Sendable {
    case scope(ScopeName)
    case step(StepID)
    case role(RoleID)
    /// nil: of all tenants and providers that have a client of the name.
    case client(ClientID, tenant: TenantID? = nil, provider: ProviderID? = nil)
    case tenant(TenantID)
}

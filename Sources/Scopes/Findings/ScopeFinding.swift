package import Grants

/// Something in the documents or in a request that should not be so, and the smallest change that mends it.
package struct ScopeFinding: Hashable, Sendable {
    package enum Severity: String, CaseIterable, Comparable, Sendable {
        case note, warning, error

        package static func < (lhs: Self, rhs: Self) -> Bool { lhs.rank < rhs.rank }

        private var rank: Int {
            switch self {
            case .note: 0
            case .warning: 1
            case .error: 2
            }
        }
    }

    /// The smallest change that mends it.
    package struct Fix: Hashable, Sendable {
        package var text: String
        /// What to put in place of the word at the finding's place, empty: nothing; nil: a person has to decide.
        package var replacement: [String]?

        package init(_ text: String, replacement: [String]? = nil) {
            self.text = text
            self.replacement = replacement
        }
    }

    /// Whom it concerns: what exceptions match.
    package struct Subject: Hashable, Sendable {
        package var tenant: TenantID?
        package var client: ClientID?
        package var role: RoleID?
        /// Several where the finding is about steps together.
        package var steps: [StepID] = []
        package var scope: ScopeName?

        package init(
            tenant: TenantID? = nil,
            client: ClientID? = nil,
            role: RoleID? = nil,
            steps: [StepID] = [],
            scope: ScopeName? = nil
        ) {
            self.tenant = tenant
            self.client = client
            self.role = role
            self.steps = steps
            self.scope = scope
        }
    }

    package var rule: ScopeRule
    package var place: SourcePlace
    /// What is wrong, in one sentence.
    package var message: String
    /// Why that is so, and where it follows from.
    package var why: String
    package var fix: Fix
    package var subject: Subject

    package init(
        _ rule: ScopeRule,
        at place: SourcePlace,
        _ message: String,
        why: String,
        fix: Fix,
        subject: Subject = Subject()
    ) {
        self.rule = rule
        self.place = place
        self.message = message
        self.why = why
        self.fix = fix
        self.subject = subject
    }

    package var severity: Severity { rule.severity }
}

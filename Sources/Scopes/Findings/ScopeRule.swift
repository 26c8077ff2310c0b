/// What a finding is about; the words are stable, exceptions and scripts rely on them.
package enum ScopeRule: String, CaseIterable, Sendable {
    // Of scopes that are asked for.
    case notAllowed = "not-allowed"
    case blanketScope = "blanket-scope"
    case excessScope = "excess-scope"
    case impliedTwice = "implied-twice"
    case separationOfDuties = "separation-of-duties"
    case internalScopeAtSupplier = "internal-scope-at-supplier"
    case environmentMismatch = "environment-mismatch"
    case deprecatedScope = "deprecated-scope"
    // Of names.
    case unknownScope = "unknown-scope"
    case unknownStep = "unknown-step"
    case unknownRole = "unknown-role"
    case unknownTenant = "unknown-tenant"
    case unknownClient = "unknown-client"
    case unknownEnvironment = "unknown-environment"
    case duplicateName = "duplicate-name"
    case implicationCycle = "implication-cycle"
    // Of assignments.
    case tenantWithoutRole = "tenant-without-role"
    case roleWithoutStep = "role-without-step"
    case roleNotForParty = "role-not-for-party"
    case stepSideMismatch = "step-side-mismatch"
    case registrationBehind = "registration-behind"
    case unusedRole = "unused-role"
    case unusedStep = "unused-step"
    case unusedScope = "unused-scope"
    // Of narrowings and exceptions.
    case narrowingAdds = "narrowing-adds"
    case narrowingMatchesNothing = "narrowing-matches-nothing"
    case exceptionOver = "exception-over"
    case exceptionMatchesNothing = "exception-matches-nothing"

    /// How bad it is, always the same for one rule.
    package var severity: ScopeFinding.Severity {
        switch self {
        case .notAllowed, .blanketScope, .excessScope, .separationOfDuties, .internalScopeAtSupplier,
            .environmentMismatch, .unknownScope, .unknownStep, .unknownRole, .unknownTenant, .unknownClient,
            .unknownEnvironment, .duplicateName, .implicationCycle, .tenantWithoutRole, .roleWithoutStep,
            .roleNotForParty, .narrowingAdds, .exceptionOver:
            .error
        case .impliedTwice, .deprecatedScope, .stepSideMismatch, .registrationBehind, .narrowingMatchesNothing:
            .warning
        case .unusedRole, .unusedStep, .unusedScope, .exceptionMatchesNothing:
            .note
        }
    }

    /// What the rule looks for, in one sentence, for lists of rules such as SARIF's.
    package var summary: String {
        switch self {
        case .notAllowed: "A scope is asked for that the allow-list does not hold."
        case .blanketScope: "A blanket pattern stands where granular scopes exist."
        case .excessScope: "A scope covers more than the steps need."
        case .impliedTwice: "A scope is named beside one that implies it."
        case .separationOfDuties: "One client can take steps that must never be taken together."
        case .internalScopeAtSupplier: "A scope is held by a party that may never hold it."
        case .environmentMismatch: "A scope, a client and an environment do not fit together."
        case .deprecatedScope: "A deprecated scope is still in use."
        case .unknownScope: "The catalogue does not have the scope."
        case .unknownStep: "The workflow does not have the step."
        case .unknownRole: "No role has the name."
        case .unknownTenant: "No tenant has the name."
        case .unknownClient: "The tenant has no such client."
        case .unknownEnvironment: "No document uses the environment."
        case .duplicateName: "A name is defined twice."
        case .implicationCycle: "Scopes imply each other."
        case .tenantWithoutRole: "A tenant or a client has no role, so nothing can be judged."
        case .roleWithoutStep: "A role has no step."
        case .roleNotForParty: "A client has a role that is not for its party."
        case .stepSideMismatch: "A role holds a step that the other side takes."
        case .registrationBehind: "A registration differs from what the client's roles need."
        case .unusedRole: "No client has the role."
        case .unusedStep: "No role has the step."
        case .unusedScope: "No step needs the scope."
        case .narrowingAdds: "A narrowing names what is not allowed anyway; nothing can be added."
        case .narrowingMatchesNothing: "A narrowing changes nothing."
        case .exceptionOver: "An exception is past its end."
        case .exceptionMatchesNothing: "An exception excuses nothing."
        }
    }

    /// Whether somebody may answer for it until a day.
    package var canBeExcepted: Bool { self != .exceptionOver && self != .exceptionMatchesNothing }
}

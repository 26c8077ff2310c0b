internal import Grants

/// A scope by the catalogue's name (RFC 6749 §3.3), which a provider may call otherwise.
package struct ScopeName: Identifier {
    package let rawValue: String
    package init(_ rawValue: String) { self.rawValue = rawValue }
}

/// A step of the procurement workflow.
package struct StepID: Identifier {
    package let rawValue: String
    package init(_ rawValue: String) { self.rawValue = rawValue }
}

/// A named set of steps.
package struct RoleID: Identifier {
    package let rawValue: String
    package init(_ rawValue: String) { self.rawValue = rawValue }
}

/// Where an integration runs, such as `production` or `sandbox`.
package struct EnvironmentID: Identifier {
    package let rawValue: String
    package init(_ rawValue: String) { self.rawValue = rawValue }
}

/// Tenants of different groups must not reach each other's grants through one client.
package struct IsolationGroupID: Identifier {
    package let rawValue: String
    package init(_ rawValue: String) { self.rawValue = rawValue }
}

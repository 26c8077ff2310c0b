internal import Grants
internal import Records
internal import Scopes

extension ScopeException {
    private static let shape = YAMLValue.Shape(
        known: ["finding", "tenant", "client", "role", "step", "scope", "owner", "reason", "until"],
        required: ["finding", "owner", "reason", "until"]
    )

    /// An exception, or nil after its mistakes were reported.
    init?(_ value: YAMLValue) {
        guard let members = value.members(Self.shape) else { return nil }
        let finding = members["finding"].flatMap { value in
            value.identifier().map { Placed($0, at: value.sourcePlace) }
        }
        let tenant = members["tenant"]?.name(TenantID.self)
        let client = members["client"]?.name(ClientID.self)
        let role = members["role"]?.name(RoleID.self)
        let step = members["step"]?.name(StepID.self)
        let scope = members["scope"]?.scope()
        let owner = members["owner"]?.text()
        let reason = members["reason"]?.text()
        let until = members["until"]?.until()
        guard let finding, let owner, let reason, let until else { return nil }
        self.init(finding: finding, owner: owner, reason: reason, until: until, place: value.sourcePlace)
        self.tenant = tenant
        self.client = client
        self.role = role
        self.step = step
        self.scope = scope
    }
}

extension YAMLValue {
    /// The end of a day in UTC, written `2027-03-31`, or an instant (RFC 3339).
    fileprivate func until() -> Timestamp? {
        guard let text = text() else { return nil }
        if let instant = RFC3339.parse(text) { return Timestamp(milliseconds: instant) }
        if text.utf8.count == 10, let day = RFC3339.parse("\(text)T00:00:00Z") {
            return Timestamp(milliseconds: day) + .days(1)
        }
        report("'\(name)' must be a day or a time", hint: "write 2027-03-31, or 2027-03-31T16:00:00Z")
        return nil
    }
}

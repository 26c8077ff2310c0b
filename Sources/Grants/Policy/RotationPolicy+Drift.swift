extension RotationPolicy {
    /// Whether rule 8 judges what the provider tells of the scopes of any grant.
    package var judgesDrift: Bool {
        defaults.onScopeDrift == .revoke || overrides.flatMap(\.changes).contains(.onScopeDrift(.revoke))
    }
}

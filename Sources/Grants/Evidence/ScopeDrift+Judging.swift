extension ScopeDrift {
    /// What rule 8 judges where the effective scopes count: told ones only as far as they are known and mean anything.
    ///
    /// An unknown scope of the record stays, as it does without drift: unknown is no reason to end.
    package static func judged(of grant: Grant, ignoring ignored: ScopeSet, knows: (String) -> Bool) -> ScopeSet {
        let recorded = Set(grant.scopes.names)
        return ScopeSet(
            effective(of: grant).names.filter { name in
                recorded.contains(name) || (!ignored.names.contains(name) && knows(name))
            }
        )
    }
}

extension ScopeModel {
    /// What is different in `new`; empty if and only if the ``canonicalBytes`` are equal.
    package func differences(to new: ScopeModel) -> ScopeDifferences {
        ScopeDifferences(all: DifferenceMaker(self, new).all())
    }
}

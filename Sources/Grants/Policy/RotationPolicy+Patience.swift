extension RotationPolicy {
    /// The shortest and the longest `revalidate_every` that some grant of the provider may have.
    package func revalidation(at provider: ProviderID) -> ClosedRange<Duration> {
        var all = [defaults.revalidateEvery]
        for override in overrides where override.match.provider.map({ $0 == provider }) ?? true {
            var values = defaults
            for change in override.changes { change.apply(to: &values) }
            all.append(values.revalidateEvery)
        }
        return (all.min() ?? defaults.revalidateEvery)...(all.max() ?? defaults.revalidateEvery)
    }
}

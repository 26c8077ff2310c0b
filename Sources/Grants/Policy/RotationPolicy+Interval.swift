extension RotationPolicy {
    /// The shortest time between two questions that any grant may have.
    package var shortestInterval: Duration {
        var shortest = defaults.revalidateEvery
        for change in overrides.flatMap(\.changes) {
            if case .revalidateEvery(let every) = change { shortest = min(shortest, every) }
        }
        return shortest
    }
}

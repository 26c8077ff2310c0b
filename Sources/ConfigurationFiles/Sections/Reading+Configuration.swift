internal import Grants

extension Reading {
    /// The configuration of a document; nil or incomplete after mistakes were reported.
    func configuration(_ document: YAMLValue) -> Configuration? {
        let shape = YAMLValue.Shape(
            known: [
                "store", "schedules", "providers", "clients", "tenants", "feeds", "rotation", "sinks", "retention",
                "metrics", "scopes", "accepted_gaps",
            ],
            required: ["store"],
            unsupported: ["approval"]
        )
        guard let members = document.members(shape) else { return nil }
        learnNames(members)

        let store = members["store"]?.members(
            YAMLValue.Shape(known: ["sqlite", "high_water", "key"], required: ["sqlite"])
        )
        let storePath = store?["sqlite"]?.path()
        if checks != .none, let storePath {
            store?["sqlite"]?.checkDirectory(Self.directory(of: storePath))
        }
        let highWaterPath = store?["high_water"]?.path()
        check(highWater: store?["high_water"], highWaterPath, beside: storePath)
        let keySource = store?["key"]?.secretSource()
        let schedulesPath = members["schedules"]?.path() ?? resolve("schedules")
        let scopesPath = scopesPath(members["scopes"])

        var settings = RotationSettings()
        settings.providers = members["providers"]?.elements().compactMap { ProviderSettings($0) } ?? []
        settings.clients = members["clients"]?.elements().compactMap { ClientSettings($0, of: nil) } ?? []
        settings.tenants = members["tenants"]?.elements().compactMap { TenantSettings($0) } ?? []
        settings.feeds = members["feeds"]?.elements().compactMap { FeedSettings($0) } ?? []
        let sinks = members["sinks"]?.elements() ?? []
        settings.sinks = sinks.compactMap { SinkSettings($0) }
        settings.acceptedGaps = members["accepted_gaps"]?.elements().compactMap { AcceptedGap($0) } ?? []
        let policy = ReadPolicy(members["rotation"])
        settings.policy = policy.policy
        check(policy, sinks: settings.sinks, sinksAreComplete: settings.sinks.count == sinks.count)

        let retention = members["retention"].map { RetentionSettings($0, policy) }
        let metrics = members["metrics"].flatMap { MetricsSettings($0) }

        guard let storePath else { return nil }
        return Configuration(
            storePath: storePath,
            keySource: keySource,
            highWaterPath: highWaterPath,
            schedulesPath: schedulesPath,
            scopesPath: scopesPath,
            settings: settings,
            retention: retention ?? RetentionSettings(),
            metrics: metrics,
            source: file,
            warnings: []
        )
    }

    /// The directory named here, else `scopes` beside the file, if there.
    ///
    /// What reads it tells that it is not there: all else must go on without.
    private func scopesPath(_ value: YAMLValue?) -> String? {
        guard let value else {
            let beside = resolve("scopes")
            return FileBytes.kind(of: beside) == .directory ? beside : nil
        }
        guard let path = value.path() else { return nil }
        if checks == .presence, FileBytes.kind(of: path) != .directory {
            value.report(
                "'\(value.name)' is no directory: '\(path)'",
                hint: "create it, correct the path, or remove the member"
            )
        }
        return path
    }

    /// Collects what may be referred to before anything refers to it, and reports equal ids.
    private func learnNames(_ document: Members) {
        known.providers = learn(document["providers"])
        known.tenants = learn(document["tenants"])
        known.clients = learn(document["clients"], within: "provider")
        _ = learn(document["feeds"])
        _ = learn(document["sinks"])
    }

    private func learn(_ list: YAMLValue?, within owner: String? = nil) -> [String] {
        guard let list else { return [] }
        var ids: [(id: String, shown: String, value: YAMLValue)] = []
        for element in list.quietElements {
            guard let value = element.quietMember("id"), let id = value.quietText else { continue }
            let prefix = owner.map { element.quietMember($0)?.quietText ?? "" } ?? ""
            // No id holds a line end, so that two different pairs stay different.
            ids.append((prefix + "\n" + id, id, value))
        }
        list.reportEqualIDs(ids)
        return ids.map(\.shown)
    }
}

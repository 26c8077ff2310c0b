internal import Grants

extension FeedSettings {
    /// A feed, or nil after its mistakes were reported.
    init?(_ value: YAMLValue) {
        let shape = YAMLValue.Shape(
            known: ["id", "covers", "late", "max_age", "max_unmapped", "max_unreadable", "on_unreadable", "ignore"],
            required: ["id", "covers"]
        )
        guard let members = value.members(shape) else { return nil }
        let id = members["id"]?.identifier()
        if id == "import" {
            members["id"]?.report(
                "'import' is the feed that grant records are taken for",
                hint: "choose another id"
            )
        }
        let covers = members["covers"]?.elements()
        if let empty = members["covers"], empty.isEmptyList {
            empty.report(
                "'\(value.name).covers' is empty, so the feed covers nothing",
                hint: "write 'covers: [{ provider: ID }]'"
            )
        }
        let read = covers?.compactMap { Cover($0) }
        let late = members["late"]?.duration()
        let maxAge = members["max_age"]?.duration(mayBeZero: false)
        let unmapped = members["max_unmapped"]?.percent(mayBeZero: true)
        let unreadable = members["max_unreadable"]?.integer(atLeast: 0)
        let onUnreadable = members["on_unreadable"]?.word(UnreadableLines.self)
        let ignored = members["ignore"]?.members(YAMLValue.Shape(known: ["subjects"], required: ["subjects"]))
        let subjects = ignored?["subjects"]?.elements().compactMap { $0.text() }
        guard let id, let read else { return nil }
        self.init(id: id, covers: read)
        self.late = late ?? self.late
        self.maxAge = maxAge ?? self.maxAge
        maxUnmappedPercent = unmapped ?? maxUnmappedPercent
        maxUnreadable = unreadable ?? maxUnreadable
        self.onUnreadable = onUnreadable ?? self.onUnreadable
        ignoredSubjects = subjects ?? ignoredSubjects
    }
}

extension FeedSettings.Cover {
    fileprivate init?(_ value: YAMLValue) {
        let shape = YAMLValue.Shape(known: ["provider", "tenants", "clients"], required: ["provider"])
        guard let members = value.members(shape) else { return nil }
        let provider = members["provider"]?.reference(to: \.providers, "provider")
        let tenants = members["tenants"]?.narrowing { $0.reference(to: \.tenants, "tenant") }
        let clients = members["clients"]?.narrowing { $0.identifier() }
        guard let provider else { return nil }
        self.init(
            provider: ProviderID(provider),
            tenants: tenants?.map { TenantID($0) },
            clients: clients?.map { ClientID($0) }
        )
    }
}

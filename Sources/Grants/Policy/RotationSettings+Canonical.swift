internal import Records

extension RotationSettings {
    /// The bytes whose hash is a plan's policy hash: the policy, and all else in the configuration that can
    /// change a decision.
    ///
    /// Lists whose order means nothing are sorted. Addresses, secrets, limits and contacts are left out: they
    /// change how the work is done, not what is decided.
    package func canonicalPolicyJSON() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("policy", raw: policy.canonicalJSON())
            writer.array("providers") { writer in
                for provider in providers.sorted(by: { $0.id < $1.id }) {
                    writer.object { $0.members(of: provider) }
                }
            }
            writer.array("clients") { writer in
                for client in clients.sorted(by: { ($0.provider, $0.id) < ($1.provider, $1.id) }) {
                    writer.object { writer in
                        writer.member("provider", client.provider.rawValue)
                        writer.member("id", client.id.rawValue)
                    }
                }
            }
            writer.array("tenants") { writer in
                for tenant in tenants.sorted(by: { $0.id < $1.id }) {
                    writer.object { writer in
                        writer.member("id", tenant.id.rawValue)
                        writer.member("party", tenant.party.rawValue)
                    }
                }
            }
            writer.array("feeds") { writer in
                for feed in feeds.sorted(by: { $0.id.utf8.lexicographicallyPrecedes($1.id.utf8) }) {
                    writer.object { $0.members(of: feed) }
                }
            }
            writer.member("notifies", sinks.contains(where: \.notifies))
            writer.member("enforces", sinks.contains(where: \.enforces))
        }
        return writer.bytes
    }
}

extension JSONWriter {
    fileprivate mutating func members(of provider: ProviderSettings) {
        let capabilities = provider.capabilities
        member("id", provider.id.rawValue)
        // Rule 1 protects it.
        member("client", provider.client.id.rawValue)
        member("revocation", provider.revocation.rawValue)
        member("introspects", capabilities.introspects.map(\.rawValue).sorted())
        member("revokes", capabilities.revokes.map(\.rawValue).sorted())
        member("revokes_foreign", capabilities.revokesForeign)
        member("revocation_reaches", capabilities.revocationReaches.rawValue)
        member("rotates_refresh_tokens", capabilities.rotatesRefreshTokens)
        member("ignored_scopes", provider.ignoredScopes.names)
    }

    fileprivate mutating func members(of feed: FeedSettings) {
        member("id", feed.id)
        array("covers") { writer in
            // Any of them may cover a grant, so their order means nothing.
            let covers = feed.covers.map { cover in
                var writer = JSONWriter()
                writer.object { $0.members(of: cover) }
                return writer.bytes
            }
            for cover in covers.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
                writer.raw(cover)
            }
        }
        member("late", feed.late.milliseconds)
        member("max_age", feed.maxAge.milliseconds)
        member("max_unmapped", feed.maxUnmappedPercent)
        member("max_unreadable", feed.maxUnreadable)
        member("on_unreadable", feed.onUnreadable.rawValue)
        member("ignored_subjects", feed.ignoredSubjects.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    }

    private mutating func members(of cover: FeedSettings.Cover) {
        member("provider", cover.provider.rawValue)
        names("tenants", cover.tenants?.sorted().map(\.rawValue))
        names("clients", cover.clients?.sorted().map(\.rawValue))
    }

    private mutating func names(_ name: String, _ values: [String]?) {
        if let values {
            member(name, values)
        } else {
            self.name(name)
            null()
        }
    }
}

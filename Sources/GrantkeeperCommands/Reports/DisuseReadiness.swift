package import Grants

/// What must be configured for unused grants to end, line by line as in `docs/ending-unused-grants.md`.
package struct DisuseReadiness: Sendable {
    package struct Line: Hashable, Sendable {
        /// The line's name in the document.
        package var name: String
        package var ok: Bool
        /// What is there, or what is missing and what to write.
        package var detail: String
    }

    /// How far each declared feed has observed; nil: it never said so.
    package typealias Observed = [String: Timestamp]

    package let lines: [Line]

    package init(_ settings: RotationSettings, observed: Observed, now: Timestamp) {
        let policy = settings.policy.defaults
        var lines = [Self.mode(settings)]
        for provider in settings.providers { lines.append(Self.evidence(of: provider, settings)) }
        for feed in settings.feeds { lines.append(Self.feed(feed, observed[feed.id], policy, now)) }
        lines.append(Self.notice(settings))
        if policy.quarantine > .zero { lines.append(Self.quarantine(settings)) }
        for provider in settings.providers { lines.append(Self.revocation(of: provider, settings)) }
        self.lines = lines
    }

    private static func mode(_ settings: RotationSettings) -> Line {
        settings.policy.mode == .enforce
            ? Line(name: "mode", ok: true, detail: "enforce")
            : Line(name: "mode", ok: false, detail: "observe: nothing ends; set rotation: { mode: enforce } when ready")
    }

    private static func evidence(of provider: ProviderSettings, _ settings: RotationSettings) -> Line {
        let feeds = settings.feeds.filter { feed in feed.covers.contains { $0.provider == provider.id } }.map(\.id)
        guard feeds.isEmpty else {
            return Line(
                name: "evidence of \(provider.id)",
                ok: true,
                detail:
                    "observed by \(feeds.joined(separator: ", ")), from its first observed_until on; earlier where an "
                    + "export tells last_used_at and observed_from and overlaps it"
            )
        }
        return Line(
            name: "evidence of \(provider.id)",
            ok: false,
            detail: "no feed covers it: only grants whose export tells last_used_at and observed_until are judged; "
                + "declare one under feeds"
        )
    }

    private static func feed(
        _ feed: FeedSettings,
        _ until: Timestamp?,
        _ policy: PolicyValues,
        _ now: Timestamp
    ) -> Line {
        let name = "feed \(feed.id)"
        // The newest word is a day old before the next night's file, and is taken less `late`.
        guard feed.late + .days(1) <= policy.evidenceMaxAge else {
            return Line(
                name: name,
                ok: false,
                detail: "late: \(feed.late.typed) and a day are longer than evidence_max_age "
                    + "(\(policy.evidenceMaxAge.typed)): a file a night is always too old; raise evidence_max_age"
            )
        }
        guard let until else {
            return Line(
                name: name,
                ok: false,
                detail: "never said how far it observed: end its file with observed_until"
            )
        }
        guard now - until <= policy.evidenceMaxAge else {
            return Line(name: name, ok: false, detail: "observed only until \(until); 'usage feeds' says why it stands")
        }
        return Line(name: name, ok: true, detail: "observed until \(until)")
    }

    private static func notice(_ settings: RotationSettings) -> Line {
        let period = settings.policy.defaults.notice
        if period == .zero { return Line(name: "notice", ok: true, detail: "none: grants end without being announced") }
        let sinks = settings.sinks.filter(\.notifies).map(\.id)
        return sinks.isEmpty
            ? Line(
                name: "notice",
                ok: false,
                detail: "no sink has notifies: true, so nothing is announced and nothing ends"
            )
            : Line(name: "notice", ok: true, detail: "\(period.typed), told by \(sinks.joined(separator: ", "))")
    }

    private static func quarantine(_ settings: RotationSettings) -> Line {
        let period = settings.policy.defaults.quarantine.typed
        let sinks = settings.sinks.filter(\.enforces).map(\.id)
        return sinks.isEmpty
            ? Line(name: "quarantine", ok: false, detail: "no sink has enforces: true, so no quarantine ever begins")
            : Line(name: "quarantine", ok: true, detail: "\(period), enforced by \(sinks.joined(separator: ", "))")
    }

    private static func revocation(of provider: ProviderSettings, _ settings: RotationSettings) -> Line {
        let name = "revocation at \(provider.id)"
        if provider.revocation == .events {
            return Line(name: name, ok: true, detail: "by events: receivers enforce, and no call is made")
        }
        if provider.capabilities.revokes.isEmpty {
            return Line(name: name, ok: false, detail: "capabilities.revokes is empty: every end is cannot-revoke")
        }
        let clients = settings.clients.filter { $0.provider == provider.id }.map(\.id.rawValue).sorted()
        if provider.capabilities.revokesForeign {
            return Line(name: name, ok: true, detail: "as our own client, for all others (revokes_foreign)")
        }
        return clients.isEmpty
            ? Line(
                name: name,
                ok: false,
                detail: "no credentials: add the clients that hold grants under clients, or set revokes_foreign if the "
                    + "server lets ours revoke for others; without them every end is cannot-revoke"
            )
            : Line(name: name, ok: true, detail: "as \(clients.joined(separator: ", "))")
    }
}

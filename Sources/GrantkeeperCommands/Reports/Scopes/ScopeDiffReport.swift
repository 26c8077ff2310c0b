internal import Grants
internal import Records
internal import Scopes

/// What `scopes diff` says.
struct ScopeDiffReport {
    var differences: ScopeDifferences
    /// What they mean for live grants; nil: nobody asked.
    var live: LiveDifferences?

    /// So many differences that follow from others are listed.
    private static let shown = 30

    /// For people: a line each, the kind of change first.
    var text: [String] {
        guard !differences.isEmpty else { return ["no difference in meaning"] }
        // What follows from a role can be thousands of clients.
        let following = differences.all.count(where: \.followsFromOthers)
        let isShort = following <= Self.shown
        var lines = differences.all.filter { isShort || !$0.followsFromOthers }.map { difference in
            "\(difference.kind.rawValue): \(Console.printableLong(difference.sentence))"
        }
        if !isShort {
            lines.append(
                "and \(Console.count(following, "difference")) that follow from these; --format json lists them"
            )
        }
        let counts = ScopeDifference.Kind.allCases.compactMap { kind -> String? in
            let count = differences.count(of: kind)
            return count == 0 ? nil : "\(Console.figure(count)) \(kind.rawValue)"
        }
        lines.append(counts.joined(separator: ", "))
        if let live {
            lines += ["", "what it means for \(Console.count(live.examined, "live grant")):"] + meaning(live)
        }
        return lines
    }

    /// A list in Markdown; of what only follows from something else it says how many clients it reaches.
    var changelog: [String] {
        var lines = differences.changelog.map { "- \(Console.printableLong($0))" }
        if let live, !differences.isEmpty { lines += meaning(live).map { "- Live grants: \($0)." } }
        return lines
    }

    private func meaning(_ live: LiveDifferences) -> [String] {
        var lines = live.effects.map { Console.printableLong($0.sentence) }
        if live.effects.count(where: { $0.kind == .mustConsentAgain }) > 1 {
            lines.append("in all, \(live.mustConsentAgain) must consent again")
        }
        if live.noLongerJudged.grants > 0 {
            lines.append("\(live.noLongerJudged) can no longer be judged by the documents, and are kept")
        }
        return lines.isEmpty ? ["no live grant is concerned"] : lines
    }

    // MARK: JSON

    var json: [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("different", !differences.isEmpty)
            writer.object("counts") { writer in
                for kind in ScopeDifference.Kind.allCases {
                    writer.member(kind.rawValue, differences.count(of: kind))
                }
            }
            writer.array("differences") { writer in
                for difference in differences.all {
                    writer.object { writer in
                        writer.member("kind", difference.kind.rawValue)
                        writer.object("subject") { $0.members(of: difference.subject) }
                        writer.member("gained", difference.gained.map(\.rawValue))
                        writer.member("lost", difference.lost.map(\.rawValue))
                        writer.member("sentence", difference.sentence)
                        writer.member("follows_from_others", difference.followsFromOthers)
                    }
                }
            }
            if let live { writer.object("live") { $0.members(of: live) } }
        }
        return writer.bytes
    }
}

extension JSONWriter {
    fileprivate mutating func members(of subject: ScopeDifference.Subject) {
        switch subject {
        case .scope(let name): member("scope", name.rawValue)
        case .step(let name): member("step", name.rawValue)
        case .separation(let names): member("never_together", names.map(\.rawValue))
        case .role(let name): member("role", name.rawValue)
        case .tenant(let name): member("tenant", name.rawValue)
        case .client(let tenant, let key):
            member("tenant", tenant.rawValue)
            member("provider", key.provider.rawValue)
            member("client", key.client.rawValue)
        }
    }

    fileprivate mutating func members(of live: LiveDifferences) {
        member("examined", live.examined)
        object("must_consent_again") { $0.members(of: live.mustConsentAgain) }
        object("comes_within") { $0.members(of: live.comesWithin) }
        object("no_longer_judged") { $0.members(of: live.noLongerJudged) }
        array("effects") { writer in
            for effect in live.effects {
                writer.object { writer in
                    writer.member("kind", effect.kind.rawValue)
                    writer.object("subject") { $0.members(of: effect.subject) }
                    writer.member("scopes", effect.scopes.map(\.rawValue))
                    writer.members(of: effect.count)
                    writer.member("sentence", effect.sentence)
                }
            }
        }
    }

    fileprivate mutating func members(of count: GrantCount) {
        member("grants", count.grants)
        member("tenants", count.tenants.count)
        member("suppliers", count.suppliers.count)
    }
}

internal import Grants
internal import Records
internal import Scopes

/// What `blast-radius` says.
struct BlastRadiusReport {
    private let radius: BlastRadius
    /// More are counted; JSON has all.
    private static let shown = 20

    init(_ radius: BlastRadius) { self.radius = radius }

    // MARK: For people

    func show(on console: Console) {
        let score = radius.score
        console.line("A breach of \(Self.name(of: radius.target)): \(score.total) of 100")
        console.line(
            "  highest risk \(score.risk), grants \(score.breadth), tenants \(score.tenants), "
                + "duties \(score.separation), sharing \(score.sharing)"
        )
        console.line(
            "It reaches \(Console.count(radius.grants, "live grant")) of \(Console.count(radius.tenants.count, "tenant"))."
        )
        if !radius.actions.isEmpty {
            console.line()
            console.table(
                ["COULD", "RISK", "GRANTS", "SCOPES"],
                radius.actions.map { action in
                    [
                        Console.printable(action.name), action.risk.rawValue, Console.figure(action.grants),
                        Self.some(action.scopes.map(\.rawValue)),
                    ]
                }
            )
        }
        if !radius.clients.isEmpty {
            console.line()
            let most = radius.clients.sorted { $0.grants > $1.grants }
            console.table(
                ["TENANT", "PARTY", "CLIENT", "PROVIDER", "GRANTS", "COULD"],
                most.prefix(Self.shown).map { reached in
                    [
                        Console.printable(reached.owner.tenant.rawValue), reached.party?.rawValue ?? "unknown",
                        Console.printable(reached.owner.client.client.rawValue),
                        Console.printable(reached.owner.client.provider.rawValue), Console.figure(reached.grants),
                        Self.some(reached.actions),
                    ]
                }
            )
            if most.count > Self.shown { console.line("and \(Console.figure(most.count - Self.shown)) more") }
        }
        for line in rest { console.line(line) }
    }

    private var rest: [String] {
        var lines: [String] = []
        if !radius.steps.isEmpty {
            lines += ["", "Steps that can be taken: \(Self.some(radius.steps.map(\.rawValue)))"]
        }
        if !radius.separations.isEmpty {
            lines += ["", "Duties that must be kept apart and are not:"]
            lines += radius.separations.prefix(Self.shown).map { duties in
                "  \(duties.tenant): \(duties.steps.map(\.rawValue).joined(separator: " and "))"
                    + " (\(Console.printableLong(duties.reason)))"
            }
            lines += more(than: radius.separations.count)
        }
        if !radius.shared.isEmpty {
            lines += ["", "It also opens, by what is shared:"]
            lines += radius.shared.prefix(Self.shown).map { pair in
                "  \(Self.name(of: pair.other)), by \(Console.figure(pair.count)) \(pair.kind.rawValue)"
                    + " in common with \(Self.name(of: pair.one))"
            }
            lines += more(than: radius.shared.count)
        }
        if !radius.unknown.isEmpty {
            lines += ["", "Not in the catalogue, so nobody knows what it opens: \(Self.some(radius.unknown))"]
        }
        return lines
    }

    private func more(than count: Int) -> [String] {
        count > Self.shown ? ["  and \(Console.figure(count - Self.shown)) more"] : []
    }

    private static func name(of target: BreachTarget) -> String {
        switch target {
        case .client(let key):
            "client '\(Console.printable(key.client.rawValue))' at '\(Console.printable(key.provider.rawValue))'"
        case .tenant(let tenant): "tenant '\(Console.printable(tenant.rawValue))'"
        case .provider(let provider): "provider '\(Console.printable(provider.rawValue))'"
        case .scope(let scope): "scope '\(Console.printable(scope.rawValue))'"
        }
    }

    private static func name(of owner: SharedGrants.Owner) -> String {
        "\(Console.printable(owner.tenant.rawValue))/\(Console.printable(owner.client.client.rawValue))"
            + " at \(Console.printable(owner.client.provider.rawValue))"
    }

    private static func some(_ words: [String]) -> String {
        words.prefix(8).map { Console.printable($0) }.joined(separator: " ")
            + (words.count > 8 ? " and \(Console.figure(words.count - 8)) more" : "")
    }

    // MARK: JSON

    var json: [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.object("target") { writer in
                switch radius.target {
                case .client(let key):
                    writer.member("client", key.client.rawValue)
                    writer.member("provider", key.provider.rawValue)
                case .tenant(let tenant): writer.member("tenant", tenant.rawValue)
                case .provider(let provider): writer.member("provider", provider.rawValue)
                case .scope(let scope): writer.member("scope", scope.rawValue)
                }
            }
            writer.object("score") { writer in
                writer.member("total", radius.score.total)
                writer.member("risk", radius.score.risk)
                writer.member("grants", radius.score.breadth)
                writer.member("tenants", radius.score.tenants)
                writer.member("duties", radius.score.separation)
                writer.member("sharing", radius.score.sharing)
            }
            writer.member("grants", radius.grants)
            writer.member("tenants", radius.tenants.map(\.rawValue))
            writer.array("actions") { writer in
                for action in radius.actions {
                    writer.object { writer in
                        writer.member("action", action.name)
                        writer.member("risk", action.risk.rawValue)
                        writer.member("grants", action.grants)
                        writer.member("scopes", action.scopes.map(\.rawValue))
                    }
                }
            }
            writer.array("clients") { writer in
                for reached in radius.clients {
                    writer.object { writer in
                        writer.members(of: reached.owner)
                        writer.member("party", reached.party?.rawValue)
                        writer.member("grants", reached.grants)
                        writer.member("actions", reached.actions)
                    }
                }
            }
            writer.member("steps", radius.steps.map(\.rawValue))
            writer.array("duties") { writer in
                for duties in radius.separations {
                    writer.object { writer in
                        writer.member("tenant", duties.tenant.rawValue)
                        writer.member("steps", duties.steps.map(\.rawValue))
                        writer.member("reason", duties.reason)
                    }
                }
            }
            writer.array("shared") { writer in
                for pair in radius.shared {
                    writer.object { writer in
                        writer.member("kind", pair.kind.rawValue)
                        writer.member("count", pair.count)
                        writer.object("from") { $0.members(of: pair.one) }
                        writer.object("to") { $0.members(of: pair.other) }
                    }
                }
            }
            writer.member("unknown", radius.unknown)
        }
        return writer.bytes
    }
}

extension JSONWriter {
    fileprivate mutating func members(of owner: SharedGrants.Owner) {
        member("tenant", owner.tenant.rawValue)
        member("provider", owner.client.provider.rawValue)
        member("client", owner.client.client.rawValue)
    }
}

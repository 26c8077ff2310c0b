internal import Grants

extension BlastRadius {
    /// A picture in Graphviz's language: what is breached, whose grants it opens, and what can be done with them.
    ///
    /// Always the same text for the same radius. At most `limit` tenants and as many clients are drawn, the rest is
    /// one node each that says how many.
    package func dot(limit: Int = 24) -> String {
        var picture = DotPicture(limit: max(1, limit))
        picture.draw(self)
        return picture.text
    }
}

/// Writes nodes and edges; names from outside go into labels alone.
private struct DotPicture {
    let limit: Int
    private var lines: [String] = []

    init(limit: Int) { self.limit = limit }

    var text: String { (["digraph blast_radius {"] + lines + ["}"]).joined(separator: "\n") + "\n" }

    mutating func draw(_ radius: BlastRadius) {
        lines += [
            "  rankdir=LR;",
            "  fontname=\"sans-serif\";",
            "  node [fontname=\"sans-serif\", shape=box, style=\"rounded,filled\", fillcolor=white];",
            "  edge [fontname=\"sans-serif\", color=gray40];",
        ]
        let title = "\(name(of: radius.target))\nscore \(radius.score.total) of 100\n\(count(radius.grants, "grant"))"
        node("target", title, "shape=octagon, fillcolor=\"#f4b6b6\"")
        let shown = tenants(of: radius)
        clients(of: radius, shown)
        actions(of: radius)
        for (number, duties) in radius.separations.prefix(limit).enumerated() {
            let steps = duties.steps.map(\.rawValue).joined(separator: " and ")
            node("duty\(number)", "\(duties.tenant): \(steps)", "shape=hexagon, fillcolor=\"#f9d98c\"")
            edge("target", "duty\(number)", "color=\"#b00020\", penwidth=2")
        }
        more(radius.separations.count - limit, "duty_more", from: "target", "separations of duties")
        sharing(of: radius)
        legend()
    }

    private mutating func tenants(of radius: BlastRadius) -> [TenantID: String] {
        var ids: [TenantID: String] = [:]
        var parties: [TenantID: Party] = [:]
        for client in radius.clients { parties[client.owner.tenant] = client.party }
        for (number, tenant) in radius.tenants.prefix(limit).enumerated() {
            let grants = radius.clients.filter { $0.owner.tenant == tenant }.reduce(0) { $0 + $1.grants }
            let party = parties[tenant]?.rawValue ?? "in no document"
            ids[tenant] = "tenant\(number)"
            node("tenant\(number)", "\(tenant)\n\(party), \(count(grants, "grant"))", color(of: parties[tenant]))
            edge("target", "tenant\(number)")
        }
        more(radius.tenants.count - limit, "tenant_more", from: "target", "tenants")
        return ids
    }

    private mutating func clients(of radius: BlastRadius, _ tenants: [TenantID: String]) {
        // Those of the tenants that are drawn.
        let candidates = radius.clients.filter { tenants[$0.owner.tenant] != nil }
        for (number, client) in candidates.prefix(limit).enumerated() {
            let label = "\(client.owner.client.client)\nat \(client.owner.client.provider)"
            node("client\(number)", label, "shape=component")
            edge(tenants[client.owner.tenant] ?? "target", "client\(number)", label: count(client.grants, "grant"))
            for action in client.actions {
                guard let index = radius.actions.prefix(limit).firstIndex(where: { $0.name == action }) else {
                    continue
                }
                edge("client\(number)", "action\(index)")
            }
        }
        let rest = radius.clients.count - min(limit, candidates.count)
        more(rest, "client_more", from: "target", "clients")
    }

    private mutating func actions(of radius: BlastRadius) {
        for (number, action) in radius.actions.prefix(limit).enumerated() {
            let label = "\(action.name)\n\(action.risk.rawValue) risk, \(count(action.scopes.count, "scope"))"
            node("action\(number)", label, "shape=ellipse, fillcolor=\"\(color(of: action.risk))\"")
        }
        more(radius.actions.count - limit, "action_more", from: "target", "actions")
    }

    private mutating func sharing(of radius: BlastRadius) {
        for (number, pair) in radius.shared.prefix(limit).enumerated() {
            let kind = pair.kind == .token ? "token" : "family"
            let plural = pair.kind == .token ? "tokens" : "families"
            let label = "\(pair.other.client.client)\nof \(pair.other.tenant)"
            node("shared\(number)", label, "shape=component, style=\"dashed\"")
            edge(
                "target",
                "shared\(number)",
                "style=dashed, color=\"#b00020\"",
                label: "\(pair.count) shared \(pair.count == 1 ? kind : plural)"
            )
        }
        more(radius.shared.count - limit, "shared_more", from: "target", "shared with")
    }

    private mutating func legend() {
        lines += [
            "  subgraph cluster_legend {",
            "    label=\"Legend\";",
            "    style=\"rounded\";",
            "    legend_target [label=\"what is breached\", shape=octagon, fillcolor=\"#f4b6b6\"];",
            "    legend_internal [label=\"internal tenant\", fillcolor=\"#cfe3f7\"];",
            "    legend_supplier [label=\"supplier\", fillcolor=\"#fbe3c2\"];",
            "    legend_partner [label=\"partner\", fillcolor=\"#dcefd2\"];",
            "    legend_client [label=\"client\", shape=component];",
            "    legend_action [label=\"what could be done: the redder, the riskier\", shape=ellipse];",
            "    legend_duty [label=\"steps that must never be taken together\", shape=hexagon, fillcolor=\"#f9d98c\"];",
            "    legend_shared [label=\"reached by a shared token or family\", shape=component, style=\"dashed\"];",
            "  }",
        ]
    }

    private mutating func more(_ number: Int, _ id: String, from: String, _ what: String) {
        guard number > 0 else { return }
        node(id, "and \(number) more \(what)", "shape=plaintext, style=\"\"")
        edge(from, id, "style=dotted")
    }

    private mutating func node(_ id: String, _ label: String, _ attributes: String = "") {
        lines.append("  \(id) [label=\(quote(label))\(attributes.isEmpty ? "" : ", " + attributes)];")
    }

    private mutating func edge(_ from: String, _ to: String, _ attributes: String = "", label: String? = nil) {
        let all = [label.map { "label=\(quote($0))" }, attributes.isEmpty ? nil : attributes].compactMap { $0 }
        lines.append("  \(from) -> \(to)\(all.isEmpty ? "" : " [\(all.joined(separator: ", "))]");")
    }

    /// Graphviz reads `\` escapes in quoted labels; what cannot be shown becomes a question mark.
    private func quote(_ label: String) -> String {
        var text = "\""
        for scalar in label.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            default:
                let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
                text.unicodeScalars.append(isControl ? "?" : scalar)
            }
        }
        return text + "\""
    }

    private func count(_ number: Int, _ what: String) -> String { "\(number) \(what)\(number == 1 ? "" : "s")" }

    private func name(of target: BreachTarget) -> String {
        switch target {
        case .client(let key): "client \(key.client) at \(key.provider)"
        case .tenant(let tenant): "tenant \(tenant)"
        case .provider(let provider): "provider \(provider)"
        case .scope(let scope): "scope \(scope)"
        }
    }

    private func color(of party: Party?) -> String {
        switch party {
        case .internal: "fillcolor=\"#cfe3f7\""
        case .supplier: "fillcolor=\"#fbe3c2\""
        case .partner: "fillcolor=\"#dcefd2\""
        case nil: "fillcolor=\"#eeeeee\""
        }
    }

    private func color(of risk: ScopeRisk) -> String {
        switch risk {
        case .low: "#ffffff"
        case .medium: "#fde8e8"
        case .high: "#f5b5b5"
        case .critical: "#e57373"
        }
    }
}

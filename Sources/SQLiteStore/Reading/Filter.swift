internal import GRDB
internal import Grants

/// The condition for one provider's share of a selection.
struct Filter {
    var condition: String
    var arguments: StatementArguments

    /// nil: no row can match, because a name is in no row.
    init?(_ state: GrantState, _ selection: GrantSelection, provider: ProviderID, _ words: Words) throws {
        guard let number = try words.number(provider.rawValue) else { return nil }
        condition = "g.provider = ?"
        arguments = [number]
        for (column, text) in [("tenant", selection.tenant?.rawValue), ("client", selection.client?.rawValue)] {
            guard let text else { continue }
            guard let number = try words.number(text) else { return nil }
            condition += " AND g.\(column) = ?"
            arguments += [number]
        }
        switch state {
        case .all:
            break
        case .live:
            condition += " AND s.standing <= 2"
        case .unended:
            condition += " AND s.standing <= 4"
        case .due(let instant):
            condition += " AND s.standing <= 2 AND s.due_at <= ?"
            arguments += [instant.milliseconds]
        case .dueOr(let instant, let rows):
            // One set of rows, so that both halves are found by an index and come in key order.
            condition += """
                 AND s.standing <= 2 AND s.row IN
                (SELECT row FROM states WHERE due_at <= ? UNION SELECT value FROM json_each(?))
                """
            arguments += [instant.milliseconds, "[\(rows.map(String.init).joined(separator: ","))]"]
        case .toAsk(let instant):
            condition += " AND s.standing <= 2 AND s.of_provider = ? AND s.ask_at <= ?"
            arguments += [number, instant.milliseconds]
        }
    }
}

internal import GRDB
internal import Grants

/// The condition for one provider's share of a selection.
struct Filter {
    var condition: String
    var arguments: StatementArguments

    /// nil: no row can match, because a name is in no row.
    ///
    /// `isFew`: what matches is found by its time and then sorted; else by walking all of the provider in key order.
    init?(
        _ state: GrantState,
        _ selection: GrantSelection,
        provider: ProviderID,
        isFew: Bool = false,
        _ words: Words
    ) throws {
        guard let number = try words.number(provider.rawValue) else { return nil }
        // The unary plus keeps SQLite from the index by provider.
        condition = isFew ? "+g.provider = ?" : "g.provider = ?"
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
        case .resurfaced:
            condition += " AND s.resurfaced_at IS NOT NULL"
        case .drifting:
            condition += " AND s.standing <= 2 AND s.told_scopes IS NOT NULL"
        case .due(let instant):
            condition += " AND s.standing <= 2 AND s.due_at <= ?"
            arguments += [instant.milliseconds]
        case .dueOr(let instant, let rows, let holdings):
            // One set of rows, so that all parts are found by an index and come in key order.
            condition += """
                 AND s.standing <= 2 AND s.row IN
                (SELECT row FROM states WHERE due_at <= ? UNION SELECT value FROM json_each(?)
                UNION SELECT row FROM grants WHERE holding IN (SELECT value FROM json_each(?)))
                """
            arguments += [instant.milliseconds, Self.list(rows), Self.list(holdings)]
        case .ofHoldings(let numbers):
            condition += " AND s.standing <= 2 AND \(isFew ? "" : "+")g.holding IN (SELECT value FROM json_each(?))"
            arguments += [Self.list(numbers)]
        case .toAsk(let instant):
            condition += " AND s.standing <= 2 AND s.of_provider = ? AND s.ask_at <= ?"
            arguments += [number, instant.milliseconds]
        }
    }

    /// For `json_each`.
    static func list(_ numbers: [Int64]) -> String { "[\(numbers.map(String.init).joined(separator: ","))]" }
}
